/** The tool that all examples offer: the weather of a place, which no model knows. */

export const description = "The weather of a place, now";

/** A JSON schema, as models are told it. */
export const parameters = {
  type: "object",
  properties: { city: { type: "string", description: "the name of the place" } },
  required: ["city"],
  additionalProperties: false,
};

/** Where the sun always shines. A real one would ask a service. */
export function weatherOf({ city }) {
  return { city, sky: "sunny", celsius: 21 };
}

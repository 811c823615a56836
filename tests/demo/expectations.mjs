/**
 * What a turn of dialogue.json may expect, and how a finished turn is held against it.
 */

/** @typedef {import("../../www/types.js").TurnReport} TurnReport */

/**
 * `number` and `words` are read from the end of the answer, where short and worked answers
 * conclude alike; `contains` anywhere, in any case. A list of routes or reasons allows each.
 * @typedef {{
 *   route?: string | string[],
 *   reason?: string[],
 *   answer?: {contains?: string, number?: number, words?: string[]},
 * }} Expectation
 */

/**
 * The sentences that say what is wrong with the turn; none if all is well.
 * @param {Expectation} expect
 * @param {Pick<TurnReport, "route" | "reason" | "text">} turn
 */
export function violations(expect, turn) {
  const found = [];
  const routes = [expect.route ?? []].flat();
  if (routes.length > 0 && !routes.includes(turn.route)) {
    found.push(`the ${turn.route} answered, not the ${routes.join(" or ")}`);
  }
  if (expect.reason && !expect.reason.includes(turn.reason)) {
    found.push(`the reason was ${turn.reason}, not ${expect.reason.join(" or ")}`);
  }
  const { contains, number, words } = expect.answer ?? {};
  if (contains !== undefined && !turn.text.toLowerCase().includes(contains.toLowerCase())) {
    found.push(`the answer lacks “${contains}”`);
  }
  if (number !== undefined && Number(turn.text.match(/\d+/g)?.at(-1)) !== number) {
    found.push(`the answer does not end with the number ${number}`);
  }
  if (words !== undefined && !endsWith(turn.text, words)) {
    found.push(`the answer does not end with “${words.join(" ")}”`);
  }
  if (turn.text.trim() === "") found.push("the answer is empty");
  return found;
}

/** @param {string} text @param {string[]} words */
function endsWith(text, words) {
  const said = text.toLowerCase().match(/[a-z]+/g) ?? [];
  return said.slice(-words.length).join(" ") === words.join(" ").toLowerCase();
}

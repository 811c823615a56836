/** An answer as far as it has come, for adapters that show the whole of it each time. */

/** @typedef {import("../completion.js").ChatCompletionChunk} Chunk */
/** @typedef {import("../types.js").ToolCall} ToolCall */

export class Answer {
  text = "";
  thinking = "";
  /** What the device wrote before the edge answered anew. @type {string | null} */
  draft = null;
  /** @type {ToolCall[]} */
  toolCalls = [];
  /** Why this side answers. @type {import("../completion.js").RouteNote | null} */
  note = null;
  /** The same for a person; after a move, why the other side goes on. @type {string | null} */
  sentence = null;
  /** Who is answering now. @type {import("../types.js").Route | null} */
  route = null;
  /** There once the turn has ended. @type {import("../types.js").TurnReport | null} */
  report = null;

  /** Takes in a chunk, and says whether there is more to see than before. @param {Chunk} chunk */
  add(chunk) {
    const { delta } = chunk.choices[0];
    if (chunk.x_route) this.#begin(chunk.x_route);
    if (chunk.x_switch) this.#move(chunk.x_switch);
    if (chunk.x_thought) this.#wasThinking(chunk.x_thought.text);
    this.thinking += delta.reasoning_content ?? "";
    this.text += delta.content ?? "";
    for (const piece of delta.tool_calls ?? []) this.#addCall(piece);
    if (chunk.x_turn) this.#end(chunk.x_turn);
    const changes = [chunk.x_route, chunk.x_switch, chunk.x_thought, chunk.x_turn, delta.tool_calls];
    return changes.some(Boolean) || Boolean(delta.content || delta.reasoning_content);
  }

  /** @param {import("../completion.js").RouteNote} note */
  #begin(note) {
    this.note = note;
    this.route = note.route;
    this.sentence = note.sentence;
  }

  /** @param {{to: import("../types.js").Route, sentence: string, replaces: boolean}} move */
  #move({ to, sentence, replaces }) {
    this.route = to;
    this.sentence = sentence;
    if (!replaces) return;
    this.draft = this.text;
    this.text = "";
    this.thinking = "";
  }

  /** @param {string} text what came last */
  #wasThinking(text) {
    if (this.text.endsWith(text)) this.text = this.text.slice(0, -text.length);
    this.thinking += text;
  }

  /** @param {import("../types.js").ToolCallPiece} piece */
  #addCall({ index, id, function: { name, arguments: more } }) {
    this.toolCalls[index] ??= { id: "", type: "function", function: { name: "", arguments: "" } };
    const call = this.toolCalls[index];
    call.id = id ?? call.id;
    call.function.name = name ?? call.function.name;
    call.function.arguments += more;
  }

  /** The report is exact. @param {import("../types.js").TurnReport} report */
  #end(report) {
    this.report = report;
    this.route = report.route;
    this.text = report.text;
    this.thinking = report.thinking;
    this.toolCalls = report.tool_calls;
    this.draft = report.switched?.draft ?? this.draft;
  }
}

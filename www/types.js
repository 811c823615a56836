/**
 * The words that cross between the Rust core, the worker and the page.
 *
 * Nothing here runs. Names and units are those of the core: `_s` is seconds,
 * `_tps` is tokens per second.
 */

/** @typedef {"device" | "edge"} Route */

/** @typedef {"auto" | "prefer-device" | "prefer-edge" | "device-only" | "edge-only"} Mode */

/**
 * A message in OpenAI's shape. Calls of tools and what they found are for the edge alone; a turn
 * whose messages hold some goes there.
 * @typedef {{role: "system" | "user" | "assistant" | "tool", content: string,
 *   parts?: object[], tool_calls?: ToolCall[], tool_call_id?: string}} Message
 */

/** @typedef {{id: string, type: "function", function: {name: string, arguments: string}}} ToolCall */

/**
 * A piece of a call of a tool, in OpenAI's shape: the first one of an index has `id`, `type` and the
 * name, the others more of the arguments.
 * @typedef {{index: number, id?: string, type?: "function",
 *   function: {name?: string, arguments: string}}} ToolCallPiece
 */

/**
 * What one side would need to answer, in seconds.
 * @typedef {{available: boolean, missing_tokens: number, prefill_s: number, decode_s: number,
 *   total_s: number}} Cost
 */

/**
 * How the device comes by its missing tokens: it computes `first` while `fetched` travel, and then
 * `last`. Seconds, tokens and bytes.
 * @typedef {{first: number, fetched: number, last: number, total_s: number, compute_s: number,
 *   transfer_s: number, received_bytes: number}} Plan
 */

/** @typedef {Cost & {plan: Plan}} DeviceCost */

/**
 * Whether the dialogue moves to the other side. In seconds, with quality at 1/alpha.
 * @typedef {{to: Route, moves: boolean, advantage_s: number, debt_s: number, regret_s: number,
 *   worth_s: number, turns_left: number, share: number}} Move
 */

/**
 * `kept`: expected share of what it has computed that the edge still holds.
 * @typedef {Cost & {kept: number, rtt_s: number, upload_s: number, queue_s: number,
 *   download_s: number}} EdgeCost
 */

/**
 * The policy's answer with every term it weighed: edge if
 * `fused = p - alpha_per_s * (T_edge - T_device)` exceeds `theta`. `x_estimated` names what was not counted in the
 * device's own tokens, as with an engine that does not tell them.
 * @typedef {{
 *   route: Route, reason: string, sentence: string, mode: Mode,
 *   p: number, alpha_per_s: number, theta: number, hysteresis: number, fused: number,
 *   drafting: null | {draft_s: number, expected_s: number, margin: number},
 *   expected_tokens: {device: number, edge: number},
 *   device: DeviceCost, edge: EdgeCost, link: LinkEstimate, ahead: Move | null,
 *   x_estimated?: string[],
 * }} Decision
 */

/**
 * `online` is null until a first probe has returned or failed.
 * @typedef {{online: boolean | null, rtt_s: number, rtt_var_s: number, up_bytes_per_s: number,
 *   down_bytes_per_s: number, bandwidth_known: boolean, up_known: boolean, down_known: boolean,
 *   queue_s: number, age_s: number | null}} LinkEstimate
 */

/** What one side does per second, learned from turns.
 * @typedef {{prefill_tps: number, attention_s: number, decode_tps: number, n_observed: number}} Rates
 */

/**
 * `completion_tokens` are with thinking, of which there are `reasoning_tokens`. `x_estimated` names
 * the fields that nobody has counted: an edge that counts nothing leaves it to the page, which counts
 * the prompt in the device's vocabulary and the answer by its pieces.
 * @typedef {{prompt_tokens: number, completion_tokens: number, total_tokens: number,
 *   reasoning_tokens: number, cached_tokens: number, fetched_tokens: number,
 *   x_estimated: string[]}} Usage
 */

/**
 * `length`: the answer was cut off, and can be gone on with. `tool_calls`: the edge asks for tools.
 * @typedef {"stop" | "length" | "content_filter" | "tool_calls" | "abort"} FinishReason
 */

/**
 * What is wrong with an answer for all to see: it repeats itself and was ended, it says that it
 * cannot answer, there was no room for the rest of it, or it says nothing.
 * @typedef {"repetition" | "refusal" | "truncation" | "empty"} Flaw
 */

/**
 * One look at the device's answer while it was written. `p` is the probability that the edge is
 * needed (1 where a flaw was seen), `fused` what the rule made of it, `waiting` by how much that had to pass the threshold,
 * since a later look may still change its mind; `read`: the edge has read the answer, and `p` is what that says too;
 * times are in seconds.
 * @typedef {{n_tokens: number, ended: boolean, p: number, fused: number, waiting: number,
 *   device_rest_s: number, edge_s: number, flaw: Flaw | null, read: boolean, doubted: boolean, took_s: number}} Look
 */

/**
 * The edge was asked what it thinks of the device's answer, which it reads and does not go on with: how likely each
 * token is, or whether it is right, where `yes` is how likely it was to say so. `p` is null where it could not say, and
 * `error` then why: a code, or `not_offered`.
 * @typedef {{kind: "probabilities" | "verdict", p_before: number, p: number | null, yes: number | null, expected_s: number, took_s: number, sent_bytes: number,
 *   prompt_tokens: number | null, cached_tokens: number | null, error: string | null}} DraftRead
 */

/**
 * A turn that went on at the other side, for an error's code, for `second_look`, for `edge_first`,
 * where the edge began too and was done before the first look, or for `edge_back`, where the edge
 * was away and could be reached again. `draft` is what the device had written, where the edge
 * answered anew.
 * @typedef {{from: Route, to: Route, reason: string, sentence: string, draft: string | null}} Switched
 */

/**
 * What became of the edge where both sides began at once.
 * @typedef {{thrown_away_tokens: number, edge_error: string | null}} StartedBoth
 */

/** What a person says of an answer. @typedef {"up" | "down" | "again"} Verdict */

/**
 * What a finished turn was: its number, the decision's summary, the measured times and the text.
 * `thinking` is no part of the text, and `thought_s` how long the reader saw nothing else; where
 * `refused`, the text says why there is no answer. `asked_in_words`: the page's engine could only be asked to go on
 * with an answer that had begun; absent with the router's own.
 * @typedef {{
 *   turn: number, route: Route, reason: string, sentence: string, p: number,
 *   t_device_s: number, t_edge_s: number, missing_device: number, missing_edge: number,
 *   decided_s: number, ttft_s: number | null, thought_s: number | null, total_s: number, text: string, thinking: string,
 *   refused: boolean, tool_calls: ToolCall[], finish_reason: FinishReason,
 *   flaw: Flaw | null, max_tokens: number, usage: Usage,
 *   switched: null | Switched, looks: Look[], reading: null | DraftRead, started_both: null | StartedBoth,
 *   edge_warmed: boolean, fetch_error: string | null, dropped_messages: number, n_moves: number, decision: Decision,
 *   asked_in_words?: boolean,
 * }} TurnReport
 */

/**
 * What happens during a turn, in order of arrival.
 * @typedef {{type: "route", decision: Decision}
 *   | {type: "link", link: LinkEstimate}
 *   | {type: "delta", text: string, route: Route}
 *   | {type: "thinking", text: string, route: Route}
 *   | {type: "thought", text: string, route: Route}
 *   | {type: "refusal", text: string, route: Route}
 *   | {type: "tool_call", call: ToolCallPiece, route: Route}
 *   | {type: "logprobs", logprobs: Logprobs, route: Route}
 *   | {type: "look", look: Look}
 *   | {type: "reading", expected_s: number}
 *   | {type: "stopped", thrown_away_tokens: number}
 *   | {type: "switch", from: Route, to: Route, reason: string, sentence: string, replaces: boolean}
 *   | {type: "prefill", done: number, total: number}} TurnEvent
 */

/** How likely an answer's tokens were, as the edge tells it, in OpenAI's shape. @typedef {{content?: object[] | null, refusal?: object[] | null}} Logprobs */

/** @typedef {{name: string, architecture?: string, n_params?: number, n_ctx?: number,
 *   weight_bytes?: number, warnings?: import("./errors.js").ErrorReport[]}} ModelInfo */

/**
 * Messages of a dialogue of which the worker holds the first `kept` already.
 * @typedef {{kept?: number, messages: Message[]}} NewMessages
 */

/**
 * @typedef {NewMessages & {temperature?: number, top_p?: number, top_k?: number,
 *   min_p?: number, repetition_penalty?: number, seed?: number, max_tokens?: number,
 *   stop?: string[], mode?: Mode, tools?: object[], tool_choice?: unknown,
 *   parallel_tool_calls?: boolean, passed?: Record<string, unknown>}} ChatRequest
 */

/**
 * @typedef {{
 *   edge?: {base_url?: string | null, model?: string, token?: string, context_tokens?: number,
 *     headers?: Record<string, string>},
 *   mode?: Mode, alpha_per_s?: number, theta?: number, carry_over?: number, hysteresis?: number,
 *   look_ahead?: boolean, max_tokens?: number | null, max_answer_s?: number,
 *   second_look?: {enabled?: boolean, theta?: number | null, first_tokens?: number,
 *     growth?: number, at_end?: boolean, margin?: number, drift?: number, draft?: "held" | "shown",
 *     takeover?: "replace" | "continue",
 *     reading?: {enabled?: boolean, drift?: number, price?: number, verdicts?: boolean}},
 *   both_sides?: {enabled?: boolean, margin?: number},
 *   handoff?: {enabled?: boolean, dtype?: "int8" | "f16", max_kv_mib?: number},
 *   competence?: {quiz?: boolean, quiz_edge?: boolean, check_tokens_per_day?: number},
 *   failback?: boolean, catch_up_tokens?: number, warm_edge_tokens?: number, context_aware?: boolean,
 *   [knob: string]: unknown,
 * }} CoreConfig
 */

/**
 * @typedef {{busy?: boolean, mode?: Mode, link?: LinkEstimate, scorer_ready?: boolean,
 *   device?: Rates & {ready: boolean, held_tokens: number, kv_bytes: number,
 *     began: string | null},
 *   edge?: Rates, calibration?: Calibration | null, competence?: Competence | null,
 *   quiz?: QuizProgress | null, longest_answer?: LongestAnswer}} CoreState
 */

/**
 * How long an answer may get where the request does not say: so many seconds, which at the present speed of
 * each side are so many tokens; `seconds` is null where a number of tokens is configured.
 * @typedef {{seconds: number | null, device_tokens: number, edge_tokens: number}} LongestAnswer
 */

/**
 * How far the device's model is with the quiz by which the router learns how able it is.
 * @typedef {{done: number, total: number}} QuizProgress
 */

/**
 * What is known of how able both models are: the share of the quiz's questions that each is expected to get
 * right (null before these were read), how many it was asked and got right, answers that the edge has checked,
 * and verdicts. `learned`: the scorer has learned this model by its name.
 * @typedef {{learned: boolean, expected: number | null, quiz_asked: number, quiz_right: number,
 *   quiz_total: number, n_checks: number, n_verdicts: number}} ModelCompetence
 * @typedef {{device: ModelCompetence, edge: ModelCompetence}} Competence
 */

/**
 * Thresholds that keep a promise for one pair of models: at most `max_loss` of the answers, in
 * expectation, are lost that the edge alone would have got right. `n` questions are behind it.
 * @typedef {{version: 1, device: string, edge: string, max_loss: number, n: number, theta: number,
 *   look_theta: number, alpha_per_s: number}} Calibration
 */

/**
 * A file that the core reads piece by piece, synchronously.
 * @typedef {{size: number, readAt(offset: number, into: Uint8Array): number,
 *   close(): void}} Source
 */

/** @typedef {{emit(event: any): void, load(key: string): string | undefined,
 *   save(key: string, value: string): void, yieldNow(): Promise<void>}} CoreHooks */

/**
 * The wasm exports, as `wasm-bindgen --target web` writes them.
 * @typedef {object} CoreModule
 * @property {(input?: {module_or_path: URL | string}) => Promise<unknown>} default
 * @property {((nThreads: number) => Omit<ThreadStart, "url"> | null)} [prepareThreads]
 * @property {new () => Sha256} Sha256
 * @property {new (config: CoreConfig, hooks: CoreHooks) => Core} Core
 */

/**
 * What a thread of the threaded build is started with: the bindings' URL (null: the package's own), the
 * module, the memory to share, and the number that `help` takes.
 * @typedef {{url: string | null, module: WebAssembly.Module, memory: WebAssembly.Memory,
 *   helper: number}} ThreadStart
 */

/** @typedef {{update(bytes: Uint8Array): void, hex(): string, free(): void}} Sha256 */

/**
 * @typedef {object} Core
 * @property {(source: Source) => Promise<void>} loadScorer
 * @property {(source: Source) => Promise<ModelInfo>} loadDevice
 * @property {(door: import("./engines/door.js").EngineDoor) => Promise<void>} useEngine
 * @property {(request: ChatRequest, signal: AbortSignal | undefined,
 *   onEvent: (event: TurnEvent) => void) => Promise<TurnReport>} chat
 * @property {(maxBytes: number, write: (bytes: Uint8Array) => void) => Promise<number>} keepDialogue
 * @property {(source: Source, began?: string) => Promise<number>} resumeDialogue
 * @property {(dialogue: NewMessages) => void} recall
 * @property {(config: CoreConfig) => Promise<void>} configure
 * @property {(calibration: Calibration) => Promise<void>} calibrate
 * @property {() => Promise<void>} clearDialogue
 * @property {(turn: number, verdict: Verdict) => Promise<void>} rate
 * @property {() => Promise<void>} forgetFeedback
 * @property {(online: boolean) => void} setOnline
 * @property {() => Promise<LinkEstimate | null>} probe
 * @property {() => Promise<void>} tick
 * @property {() => Promise<boolean>} expectTurn
 * @property {() => CoreState} state
 * @property {() => void} free
 */

/**
 * How tokens are drawn. What is left out is for whoever is asked next: the request, the page (`core:
 * {sampling}`), the model's entry in the catalogue or manifest, its file, and at last the engine, which
 * takes the likeliest token.
 * @typedef {{temperature?: number, top_k?: number, top_p?: number, min_p?: number,
 *   repetition_penalty?: number}} Sampling
 */

/**
 * One file of a manifest; `url` is relative to the manifest. `title` is for people.
 * @typedef {{role: "scorer" | "device", name: string, url: string, bytes: number,
 *   sha256: string, title?: string, sampling?: Sampling, quiz?: string}} ModelFile
 */

/**
 * A model file on this device; `complete` once all of it has arrived. Of files that an earlier version has kept
 * the name is not known.
 * @typedef {{sha256: string, bytes: number, name: string | null, title: string | null, complete: boolean}} StoredModel
 */

/**
 * What a page may show of its models before they are loaded; null where there is none, or nothing is
 * known of it. `suggestions` are questions to begin with.
 * @typedef {{name: string, title: string, bytes: number}} NamedModel
 * @typedef {{device: NamedModel | null, edge: NamedModel | null, suggestions: string[]}} Models
 */

/**
 * Models, and the rule's numbers that were measured for them; the page's own numbers win. A
 * calibration is one, or its URL relative to the manifest.
 * @typedef {{version: 1, name?: string, files: ModelFile[],
 *   calibration?: string | Calibration, suggestions?: string[],
 *   edge?: {name: string, bytes: number, sha256: string, title?: string, quiz?: string},
 *   routing?: Pick<CoreConfig, "alpha_per_s" | "theta" | "carry_over" | "hysteresis" | "second_look"
 *     | "warm_edge_tokens" | "catch_up_tokens">}} Manifest
 */

/**
 * Where all downloads together stand; `secondsLeft` at the rate of the last seconds, null where nothing comes.
 * An engine of the page's own says only what `share` of its download is done, from 0 to 1, and nothing of bytes.
 * @typedef {{phase: "download" | "paused" | "load" | "done", file: string, doneBytes: number,
 *   totalBytes: number, bytesPerSecond: number, secondsLeft: number | null, share?: number}} Progress
 */

export {};

/** @type {import("./words.js").Phrases} */
export default {};

// A worker that is a module finds what lies beside it also where a blob has to start it.
export default { base: "./", worker: { format: "es" } };

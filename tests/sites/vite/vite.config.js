// Relative, so that one build can be served under any path.
export default { base: "./" };

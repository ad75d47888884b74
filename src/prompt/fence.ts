/** Lines of others between two lines that hold the fence's marker. */
export const fenced = (fence: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => [
  `----- BEGIN ${fence} -----`,
  ...lines,
  `----- END ${fence} -----`
]

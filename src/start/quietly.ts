/** What the function returns; `undefined` if it fails. For what makes a start faster, and is not needed for it. */
export const quietly = <A>(attempt: () => A): A | undefined => {
  try {
    return attempt()
  } catch {
    return undefined
  }
}

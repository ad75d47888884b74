/** The system's error code, e.g. `ENOENT`; empty if the cause has none. */
export const codeOf = (cause: unknown): string => (cause instanceof Error && "code" in cause ? String(cause.code) : "")

/** What Node says of a system call that failed: `ENOENT: no such file or directory, open '/srv/x'`. */
const SYSTEM_CALL = /^([A-Z][A-Z0-9]+): ([^,]+), \w+(?: '(.*?)')?(?: -> '.*')?$/s

/** The path, if the text of the system call has none. */
const pathOf = (error: Error): string | undefined =>
  "pathOrDescriptor" in error && typeof error.pathOrDescriptor === "string" ? error.pathOrDescriptor : undefined

const read = (cause: unknown): { readonly reason: string; readonly path?: string | undefined } => {
  if (!(cause instanceof Error)) return { reason: String(cause) }
  // An error of the platform wraps that of Node.
  const text = "description" in cause && typeof cause.description === "string" ? cause.description : cause.message
  const [, code, words, path = pathOf(cause)] = SYSTEM_CALL.exec(text) ?? []
  return code === undefined ? { reason: text } : { reason: `${words} (${code})`, path }
}

/**
 * Why something failed, for a sentence that names the file by itself.
 *
 * @example
 * reasonOf(new Error("ENOENT: no such file or directory, open '/srv/x'")) // "no such file or directory (ENOENT)"
 */
export const reasonOf = (cause: unknown): string => read(cause).reason

/**
 * Why something failed, with the file that it is about; any other error's message; else the cause itself as text.
 *
 * @example
 * messageOf(new Error("ENOENT: no such file or directory, open '/srv/x'")) // "/srv/x: no such file or directory (ENOENT)"
 */
export const messageOf = (cause: unknown): string => {
  const { path, reason } = read(cause)
  return path === undefined ? reason : `${path}: ${reason}`
}

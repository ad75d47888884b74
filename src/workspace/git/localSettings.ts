import * as fs from "node:fs"
import * as path from "node:path"

/** Bytes. Larger files are left to git. */
const READ_AT_MOST = 64 * 1024

/** The text of a regular file, a character for each byte; `undefined` if there is none, or if it is too large. Never waits for a pipe. */
const textAt = (file: string): string | undefined => {
  const descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  try {
    const stat = fs.fstatSync(descriptor)
    return stat.isFile() && stat.size <= READ_AT_MOST ? fs.readFileSync(descriptor, "latin1") : undefined
  } finally {
    fs.closeSync(descriptor)
  }
}

const isThere = (file: string): boolean => fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined

/** A path that a file of git names, after `prefix`. */
const namedIn = (file: string, prefix: string): string | undefined => {
  const [line, end, ...more] = textAt(file)?.split("\n") ?? []
  const isOneLine = line !== undefined && end === "" && more.length === 0 && line.startsWith(prefix)
  // Git has its own rules for what else may stand there.
  return isOneLine && /^[\x21-\x7e]+$/.test(line.slice(prefix.length)) ? line.slice(prefix.length) : undefined
}

const HEAD = /^(?:ref: refs\/[^\n]+|[0-9a-f]{40,64})\n$/

/** Whether git takes this for a repository, and does not look for another one. */
const isRepository = (directory: string, common: string): boolean => {
  const head = path.join(directory, "HEAD")
  if (!fs.lstatSync(head).isFile() || !HEAD.test(textAt(head) ?? "")) return false
  for (const needed of ["objects", "refs"]) fs.accessSync(path.join(common, needed), fs.constants.X_OK)
  return true
}

/** Where git's directory of a worktree or clone is, and the one that holds its configuration. */
const directoriesOf = (top: string) => {
  const entry = path.join(top, ".git")
  const named = fs.statSync(entry).isDirectory() ? ".git" : namedIn(entry, "gitdir: ")
  if (named === undefined) return undefined
  const own = path.resolve(top, named)
  const link = path.join(own, "commondir")
  const shared = isThere(link) ? namedIn(link, "") : "."
  return shared === undefined ? undefined : { own, common: path.resolve(own, shared) }
}

/** Such settings let git read other files, too. */
const READS_MORE = /include|worktreeconfig/i

/** What git reads of a repository's own settings. */
export interface LocalSettings {
  /** The only file, whole. */
  readonly text: string
  /** Changes when git would find another repository, or other settings in it. */
  readonly state: string
}

/**
 * The settings of the clone or worktree whose top is `top`, if one file holds them all. `undefined` if only git can tell: a bare
 * repository, settings that include others, anything unusual. Reads the disk each time: an agent may have changed it.
 *
 * @example
 * localSettings("/src/app")?.text // "[core]\n\tbare = false\n"
 */
export const localSettings = (top: string): LocalSettings | undefined => {
  try {
    const found = directoriesOf(top)
    if (found === undefined || !isRepository(found.own, found.common)) return undefined
    const text = textAt(path.join(found.common, "config"))
    if (text === undefined || READS_MORE.test(text)) return undefined
    return { text, state: [found.own, found.common, text].join("\0") }
  } catch {
    // A file that is missing or cannot be read.
    return undefined
  }
}

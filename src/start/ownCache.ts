import * as fs from "node:fs"
import * as path from "node:path"
import { quietly } from "./quietly.ts"

/** So many caches of one user are kept: of several versions of Node, say. */
const MOST_KEPT = 4
const NAME = /^program-[0-9a-f]{16}\.cache$/

/** This user's cache directory, and the user's id. `undefined` without a home directory, or on a system without user ids. */
const ownPlace = (): { readonly directory: string; readonly user: number } | undefined => {
  const { HOME: home, XDG_CACHE_HOME: named } = process.env
  const user = process.getuid?.()
  const base = named?.startsWith("/") === true ? named : home?.startsWith("/") === true ? `${home}/.cache` : undefined
  return base === undefined || user === undefined ? undefined : { directory: path.join(base, "nightly-dispatch"), user }
}

const fileOf = (directory: string, key: Buffer): string =>
  path.join(directory, `program-${key.toString("hex").slice(0, 16)}.cache`)

/** Whether the file belongs to this user, and no other user may write to it. The cache is code that we run. */
const isOwn = ({ mode, uid }: fs.Stats, user: number): boolean => uid === user && (mode & 0o022) === 0

const readOwn = (directory: string, user: number, key: Buffer): Buffer | undefined => {
  const file = fs.openSync(fileOf(directory, key), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW)
  try {
    const found = fs.fstatSync(file)
    const isTrusted = found.isFile() && isOwn(found, user) && isOwn(fs.lstatSync(directory), user)
    return isTrusted ? fs.readFileSync(file) : undefined
  } finally {
    fs.closeSync(file)
  }
}

/** This user's compiled code under this key. `undefined` if there is none, or if somebody else could have written it. */
export const ownCache = (key: Buffer): Buffer | undefined => {
  const place = ownPlace()
  return place && quietly(() => readOwn(place.directory, place.user, key))
}

/** The oldest go. */
const removeOld = (directory: string): void => {
  const files = fs
    .readdirSync(directory)
    .filter((name) => NAME.test(name))
    .map((name) => ({ file: path.join(directory, name), at: fs.statSync(path.join(directory, name)).mtimeMs }))
  for (const { file } of files.sort((a, b) => b.at - a.at).slice(MOST_KEPT)) fs.rmSync(file)
}

/** Writes it beside and renames it: two processes may keep theirs at once. */
const write = (file: string, content: Buffer): void => {
  const temporary = `${file}.${process.pid}`
  try {
    fs.writeFileSync(temporary, content, { mode: 0o600, flag: "wx" })
    fs.renameSync(temporary, file)
  } finally {
    fs.rmSync(temporary, { force: true })
  }
}

/** Makes the directory and the one that holds it, and no home directory: a missing one may be on a disk that is not mounted yet. */
const makeOwn = (directory: string): void => {
  for (const each of [path.dirname(directory), directory]) quietly(() => fs.mkdirSync(each, { mode: 0o700 }))
}

/** Keeps compiled code under this key for this user's next start. Silent: without it the program only starts later. */
export const keepOwn = (key: Buffer, content: () => Buffer): void => {
  const place = ownPlace()
  if (place === undefined) return
  const { directory, user } = place
  quietly(() => {
    makeOwn(directory)
    const made = fs.lstatSync(directory)
    if (!made.isDirectory() || !isOwn(made, user)) return
    write(fileOf(directory, key), content())
    removeOld(directory)
  })
}

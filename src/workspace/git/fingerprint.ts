import { Effect } from "effect"
import { createHash, type Hash } from "node:crypto"
import * as fs from "node:fs"
import type { StatusEntry } from "./output.ts"

/** Bytes. What a digest reads at most: beyond, a file counts by its size and its time of change. */
const READ_AT_MOST = 64 * 1024 * 1024

/** Entries of directories. Beyond, the rest counts by their number. */
const WALK_AT_MOST = 50_000

interface Budget {
  bytes: number
  entries: number
}

/**
 * The path of an entry as git names it. A name that is no UTF-8 cannot be looked up as text: its directory tells its bytes;
 * `undefined` if that has no such name.
 */
const onDisk = (top: string, path: string): Buffer | undefined => {
  let found: Buffer | undefined = Buffer.from(top)
  for (const name of path.split("/").filter((part) => part !== "")) {
    const directory: Buffer | undefined = found
    if (directory === undefined) return undefined
    const bytes: Buffer | undefined = name.includes("\ufffd")
      ? fs.readdirSync(directory, { encoding: "buffer" }).find((each) => each.toString() === name)
      : Buffer.from(name)
    found = bytes === undefined ? undefined : Buffer.concat([directory, Buffer.from("/"), bytes])
  }
  return found
}

/** Adds what is at a path to the digest: kind, mode and content, and no times. Follows no link. */
const addPath = (hash: Hash, path: Buffer, budget: Budget): void => {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false })
  hash.update(`${stat?.mode ?? "missing"} ${stat?.isDirectory() === true ? "" : (stat?.size ?? "")}\0`)
  if (stat === undefined) return
  if (stat.isSymbolicLink()) hash.update(fs.readlinkSync(path))
  else if (stat.isDirectory()) {
    const names = fs.readdirSync(path, { encoding: "buffer" }).toSorted(Buffer.compare)
    hash.update(`${names.length}\0`)
    for (const name of names) {
      if (--budget.entries < 0) return
      hash.update(name).update("\0")
      addPath(hash, Buffer.concat([path, Buffer.from("/"), name]), budget)
    }
  } else if (stat.isFile() && stat.size <= budget.bytes) {
    budget.bytes -= stat.size
    hash.update(fs.readFileSync(path))
  } else hash.update(`${stat.mtimeMs}`)
}

/**
 * A digest of these entries of `git status` of the worktree `top`: what git has of each, and what is on the disk. Equal for equal
 * contents, whatever the times of the files. `undefined` if a file cannot be read.
 *
 * @example
 * const before = yield* fingerprint("/tmp/agents/bd-1/app", status.entries)
 */
export const fingerprint = (top: string, entries: ReadonlyArray<StatusEntry>): Effect.Effect<string | undefined> =>
  Effect.try(() => {
    const hash = createHash("sha256")
    const budget = { bytes: READ_AT_MOST, entries: WALK_AT_MOST }
    for (const { path, record } of entries.toSorted((a, b) => (a.record < b.record ? -1 : 1))) {
      hash.update(record).update("\0")
      const found = onDisk(top, path)
      if (found === undefined) hash.update("missing\0")
      else addPath(hash, found, budget)
    }
    return hash.digest("hex")
  }).pipe(Effect.orElseSucceed((): string | undefined => undefined))

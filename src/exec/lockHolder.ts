import { Effect, Option, Schema } from "effect"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs/promises"
import { BootTime, moment } from "../domain/BootClock.ts"
import { messageOf } from "./causes.ts"
import { Exec, ProcessIdentity } from "./Exec.ts"

/** What a holder says about its lock, besides who it is. */
export const LockPurpose = Schema.Struct({
  /** The run that holds the lock. */
  run: Schema.optional(Schema.String),
  /** When the holder should be done at the latest. Milliseconds since the epoch. */
  until: Schema.optional(Schema.JsonNumber),
  /** `run`: a whole run. `job`: the settling of one job, which others wait for. `undefined`: an earlier version's run. */
  work: Schema.optional(Schema.Literal("run", "job"))
})
export type LockPurpose = typeof LockPurpose.Type

/** Who holds a lock, as the holder wrote it beside the lock. */
export class LockHolder extends Schema.Class<LockHolder>("LockHolder")({
  process: ProcessIdentity,
  /** Milliseconds since the epoch. */
  since: Schema.JsonNumber,
  /** The same by the boot clock; `undefined` in the files of earlier versions. */
  sinceBoot: Schema.optional(BootTime),
  ...LockPurpose.fields
}) {}

/** The holder's file cannot be written. */
export class HolderNotWritten extends Schema.TaggedError<HolderNotWritten>()("HolderNotWritten", {
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

const Record = Schema.parseJson(LockHolder)
const decode = Schema.decodeUnknownOption(Record)

const fileOf = (lock: string): string => `${lock}.holder`

/** Writes who holds the lock. Writes nothing if this process is not in the process table. */
export const writeHolder = Effect.fn("lockHolder.write")(function* (lock: string, purpose: LockPurpose) {
  const exec = yield* Exec
  const process_ = yield* exec.identify(process.pid)
  if (process_ === undefined) return yield* removeHolder(lock)
  const { at: since, boot: sinceBoot } = yield* moment
  const holder = new LockHolder({ process: process_, since, sinceBoot, ...purpose })
  const text = yield* Effect.orDie(Schema.encode(Record)(holder))
  const temporary = `${fileOf(lock)}.${randomBytes(6).toString("hex")}`
  yield* Effect.tryPromise({
    try: () =>
      fs
        .writeFile(temporary, text, { mode: 0o600, flag: "wx" })
        .then(() => fs.rename(temporary, fileOf(lock)))
        .catch((cause: unknown) => fs.rm(temporary, { force: true }).then(() => Promise.reject(cause))),
    catch: (cause) => new HolderNotWritten({ detail: messageOf(cause) })
  })
})

/** Call it only while holding the lock. A file that stays proves nothing: only the kernel knows whether the lock is held. */
export const removeHolder = (lock: string): Effect.Effect<void> =>
  Effect.promise(() => fs.rm(fileOf(lock), { force: true }).catch(() => undefined))

/** The holder, if the lock is held; `undefined` if its file is missing or cannot be read. */
export const readHolder = (lock: string): Effect.Effect<LockHolder | undefined> =>
  Effect.map(
    Effect.promise(() => fs.readFile(fileOf(lock), "utf8").catch(() => undefined)),
    (text) => Option.getOrUndefined(decode(text))
  )

/** `process 4711`, or `another process`. */
export const nameOf = (holder: LockHolder | undefined): string =>
  holder === undefined ? "another process" : `process ${holder.process.pid}`

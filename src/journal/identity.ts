import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option, Schema } from "effect"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs/promises"
import { explained } from "../domain/Explanation.ts"
import { JournalFailed } from "../domain/Failure.ts"
import { Identity, isOwn, markOf } from "../domain/Identity.ts"
import { Exec } from "../exec/Exec.ts"
import { replaceFile } from "../exec/replaceFile.ts"
import { journalFailures } from "./failures.ts"
import { IDENTITY } from "./stateFiles.ts"

/**
 * An identity and what is stable about its place. Not the device number: it changes when a disk is mounted again. The path
 * may change too.
 */
const Record = Schema.Struct({
  ...Identity.fields,
  /** The machine's id; `undefined` where there is none. */
  machine: Schema.optional(Schema.String),
  /** Of the state directory. */
  inode: Schema.String
})
type Record = typeof Record.Type
const RecordFile = Schema.parseJson(Record, { space: 2 })

/**
 * The state directory serves another tracker. Nothing was changed.
 *
 * @example
 * program.pipe(
 *   Effect.provide(layer(settings, surroundings)),
 *   Effect.catchTag("OtherTracker", ({ serves }) => Console.log(`the state directory is that of ${serves}`))
 * )
 */
export class OtherTracker extends Schema.TaggedError<OtherTracker>()("OtherTracker", {
  directory: Schema.String,
  /** The real path of the tracker's directory that it serves. */
  serves: Schema.String,
  /** The one that was asked for. */
  tracker: Schema.String
}) {
  get what(): string {
    return `it serves the tracker ${this.serves}, not ${this.tracker}`
  }
  get where(): string {
    return `the state directory ${this.directory}`
  }
  readonly next =
    "Set stateDir to another directory for this one; if the tracker was moved: nightly-dispatch state adopt"
  override get message(): string {
    return explained(this)
  }
}

/** Where an identity is looked for, and by whom. */
export interface IdentityOptions {
  readonly directory: string
  /** The real path of the tracker's directory; `undefined`: whichever it serves. */
  readonly tracker: string | undefined
  /** The machine's id; `undefined` where there is none. */
  readonly machine: string | undefined
}

/** This machine's id; `undefined` where there is none, or if it cannot be read now: then only the inode is compared. */
export const machineHere = Effect.flatMap(Exec, (exec) => exec.identify(process.pid)).pipe(
  Effect.map((process) => process?.machine),
  Effect.orElseSucceed(() => undefined)
)

/** Who the dispatcher of a state directory is. */
export interface Found {
  readonly identity: Identity
  /** There is a record on disk. It is written once the journal has been made. */
  readonly recorded: boolean
  /** It differs from the record on disk, or there is none. */
  readonly changed: boolean
  /** The directory is a copy of another, or was moved from another disk or machine. */
  readonly isCopy: boolean
  readonly write: Effect.Effect<void, JournalFailed, FileSystem.FileSystem>
}

const fileOf = (directory: string) => `${directory}/${IDENTITY}`

/** The record on disk; `undefined` if there is none. One that cannot be read is a failure: its marks may have claims. */
const read = Effect.fn("identity.read")(function* (directory: string) {
  const file = fileOf(directory)
  const text = yield* Effect.tryPromise({
    try: () =>
      fs.readFile(file, "utf8").catch((cause) => (cause.code === "ENOENT" ? undefined : Promise.reject(cause))),
    catch: journalFailures(file).of
  })
  if (text === undefined) return undefined
  return yield* Effect.mapError(Schema.decode(RecordFile)(text), () => {
    const detail = "it cannot be read, so it is unknown which claims are ours"
    const next = "Restore it, or remove it: then claims of earlier runs are released once they are certainly over"
    return new JournalFailed({ file, reason: "corrupt", detail, next })
  })
})

const inodeOf = (directory: string) =>
  Effect.map(
    Effect.tryPromise({ try: () => fs.stat(directory, { bigint: true }), catch: journalFailures(directory).of }),
    ({ ino }) => String(ino)
  )

/** Whether a record was written for this very directory. Only what is known on both occasions can differ. */
const isSamePlace = (record: Record, machine: string | undefined, inode: string): boolean =>
  record.inode === inode && (record.machine === undefined || machine === undefined || record.machine === machine)

const newMark = Effect.sync(() => markOf(randomBytes(16)))

/** The identity of a directory that does not exist yet, for a reader: nothing carries its mark. */
export const unrecorded = (tracker: string | undefined): Effect.Effect<Identity> =>
  Effect.map(newMark, (mark) => ({
    mark,
    adopted: [],
    copied: [],
    trackers: tracker === undefined ? [] : [tracker]
  }))

const found = (
  directory: string,
  record: Record,
  { changed, isCopy, recorded }: Pick<Found, "changed" | "isCopy" | "recorded">
): Found => {
  const write = Schema.encode(RecordFile)(record).pipe(
    Effect.flatMap((text) => replaceFile(fileOf(directory), `${text}\n`)),
    Effect.mapError(journalFailures(fileOf(directory)).of)
  )
  return { identity: record, recorded, changed, isCopy, write }
}

/**
 * Who the dispatcher of this state directory is. A directory without a record gets a new mark. Where machine or inode differ
 * from the record, the directory is taken for a copy: it gets a new mark, and what the old mark has made is left alone, because
 * the original may be at work. Changes nothing by itself: see `write`. Fails with `OtherTracker` if it serves another tracker.
 */
export const identityOf = Effect.fn("identityOf")(function* ({ directory, machine, tracker }: IdentityOptions) {
  const inode = yield* inodeOf(directory)
  const record = yield* read(directory)
  const known = tracker === undefined ? [] : [tracker]
  if (record === undefined) {
    const made = { mark: yield* newMark, adopted: [], copied: [], trackers: known, machine, inode }
    return found(directory, made, { recorded: false, changed: true, isCopy: false })
  }
  const [serves] = record.trackers
  if (serves !== undefined && tracker !== undefined && serves !== tracker) {
    return yield* new OtherTracker({ directory, serves, tracker })
  }
  const trackers = record.trackers.length === 0 ? known : record.trackers
  if (isSamePlace(record, machine, inode)) {
    const changed = trackers !== record.trackers
    return found(directory, { ...record, trackers }, { recorded: true, changed, isCopy: false })
  }
  const copied = [record.mark, ...record.adopted, ...record.copied]
  const made = { mark: yield* newMark, adopted: [], copied, trackers, machine, inode }
  return found(directory, made, { recorded: true, changed: true, isCopy: true })
})

/**
 * Says that the directory was moved and is no copy, and that its tracker may have moved: all marks that it ever had are its
 * own, and it serves `tracker` from now on. Returns the new identity, or `None` if there was nothing to adopt.
 */
export const adopt = Effect.fn("identity.adopt")(function* ({ directory, machine, tracker }: IdentityOptions) {
  const inode = yield* inodeOf(directory)
  const record = yield* read(directory)
  if (record === undefined) return Option.none<Identity>()
  const others = record.trackers.filter((other) => other !== tracker)
  const trackers = tracker === undefined ? record.trackers : [tracker, ...others]
  const isNothingNew =
    record.copied.length === 0 && isSamePlace(record, machine, inode) && trackers[0] === record.trackers[0]
  if (isNothingNew) return Option.none<Identity>()
  const copied = record.copied.filter((mark) => !isOwn(record, mark))
  const adopted = { ...record, adopted: [...record.adopted, ...copied], copied: [], trackers, machine, inode }
  yield* found(directory, adopted, { recorded: true, changed: true, isCopy: false }).write
  return Option.some<Identity>(adopted)
})

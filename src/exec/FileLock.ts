import { Clock, Duration, Effect, Schedule, Schema, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs/promises"
import { codeOf, messageOf } from "./causes.ts"
import { Exec, ProcessIdentity } from "./Exec.ts"

/** The lock was not taken: another process holds it for too long, or the lock file cannot be written. */
export class FileLockFailed extends Schema.TaggedError<FileLockFailed>()("FileLockFailed", {
  path: Schema.String,
  /** The holder, e.g. `process 4711`; `undefined` if the lock file could not be written. */
  holder: Schema.optional(Schema.String),
  detail: Schema.String
}) {
  override get message(): string {
    return `lock ${this.path}: ${this.detail}`
  }
}

class Held extends Schema.TaggedError<Held>()("Held", { holder: Schema.String }) {}

const Record = Schema.parseJson(ProcessIdentity)
const encode = Schema.encodeSync(Record)
const decode = Schema.decodeUnknownOption(Record)

const onFile = <A>(path: string, action: () => Promise<A>): Effect.Effect<A, FileLockFailed> =>
  Effect.tryPromise({
    try: action,
    catch: (cause) => new FileLockFailed({ path, detail: messageOf(cause) })
  })

/** True if the call succeeded, false if the file already exists. */
const unlessExists = (created: Promise<unknown>): Promise<boolean> =>
  created.then(
    () => true,
    (cause) => (codeOf(cause) === "EEXIST" ? false : Promise.reject(cause))
  )

/** Uses `link`: only `link` creates a file together with its content and fails if the name is taken. */
const take = (path: string, me: ProcessIdentity): Effect.Effect<boolean, FileLockFailed> =>
  onFile(path, async () => {
    const temporary = `${path}.${randomBytes(6).toString("hex")}`
    const written = fs.writeFile(temporary, encode(me), { mode: 0o600, flag: "wx" })
    return unlessExists(written.then(() => fs.link(temporary, path))).finally(() => fs.rm(temporary, { force: true }))
  })

/** The content of a lock file; `undefined` if it cannot be read. */
const read = (path: string): Promise<string | undefined> => fs.readFile(path, "utf8").catch(() => undefined)

/** A takeover is two file operations. A takeover file older than this was left by a crash. */
const MAX_TAKEOVER = Duration.seconds(10)

/**
 * Removes the lock of a dead holder. Two waiters may see the same dead holder, and the slower one must not remove the lock
 * that the faster one has taken since. So one waiter at a time removes, and it reads the lock again first.
 */
const removeDead = (path: string, dead: string): Effect.Effect<void, FileLockFailed> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    onFile(path, async () => {
      const takeover = `${path}.takeover`
      const isOurTurn = await unlessExists(fs.writeFile(takeover, "", { mode: 0o600, flag: "wx" }))
      const isAbandoned = () =>
        fs.stat(takeover).then(
          ({ mtimeMs }) => now - mtimeMs > Duration.toMillis(MAX_TAKEOVER),
          () => false
        )
      if (isOurTurn) {
        await read(path)
          .then((text) => (text === dead ? fs.unlink(path) : undefined))
          .finally(() => fs.rm(takeover, { force: true }))
      } else if (await isAbandoned()) {
        await fs.unlink(takeover).catch(() => undefined)
      }
    })
  )

/** A caller that does not wait also takes the lock of a dead holder. If another caller was faster, it tries again. */
const TRIES = 5

// A lock is dead if its file names no running process, or is empty: the file is created with its content, so only a power
// failure empties it.
const acquire = Effect.fn("FileLock.acquire")(function* (path: string, me: ProcessIdentity) {
  const exec = yield* Exec
  for (let tries = 0; tries < TRIES; tries++) {
    if (yield* take(path, me)) return
    const text = yield* Effect.promise(() => read(path))
    if (text === undefined) continue
    const holder = decode(text)
    if (holder._tag === "Some" && (yield* exec.liveness(holder.value)) !== "dead") {
      return yield* new Held({ holder: `process ${holder.value.pid}` })
    }
    yield* removeDead(path, text)
  }
  return yield* new Held({ holder: "one process after another" })
})

const release = (path: string): Effect.Effect<void> => Effect.promise(() => fs.unlink(path).catch(() => undefined))

/**
 * Takes a lock file until the scope closes. It locks among the processes of one host: the file names process and boot of its
 * holder, and the next caller takes the lock over if that process has ended or the host has rebooted. Waits at most `wait`
 * (default 10 seconds; 0: not at all) for a running holder, then fails with `FileLockFailed`.
 * Within one process use a semaphore as well: a process that waits for its own lock file times out.
 */
export const fileLock = Effect.fn("fileLock")(function* (
  path: string,
  wait: Duration.DurationInput = "10 seconds"
): Effect.fn.Return<void, FileLockFailed, Exec | Scope.Scope> {
  const exec = yield* Exec
  const me = yield* Effect.orElseSucceed(exec.identify(process.pid), () => undefined)
  if (me === undefined) {
    return yield* new FileLockFailed({ path, detail: "cannot find this process in the process table" })
  }
  const waits = Duration.toMillis(wait) > 0
  // Only the pause between two tries is interruptible: an interruption after the lock was taken would leave its file.
  yield* Effect.uninterruptibleMask((restore) =>
    acquire(path, me).pipe(
      Effect.tapErrorTag("Held", () => (waits ? restore(Effect.sleep("20 millis")) : Effect.void)),
      Effect.retry({ while: (error) => waits && error._tag === "Held", schedule: Schedule.recurUpTo(wait) }),
      Effect.catchTag("Held", ({ holder }) => new FileLockFailed({ path, holder, detail: `held by ${holder}` })),
      Effect.zipRight(Effect.addFinalizer(() => release(path)))
    )
  )
})

/**
 * Runs an effect while this process holds a lock file; see `fileLock`.
 *
 * @example
 * withFileLock("/repo/.beads/issues.jsonl.lock")(rewrite)
 */
export const withFileLock =
  (path: string, wait?: Duration.DurationInput) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | FileLockFailed, R | Exec> =>
    Effect.using(fileLock(path, wait), () => effect)

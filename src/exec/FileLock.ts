import { Clock, Duration, Effect, Schedule, Schema } from "effect"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs/promises"
import { Exec, ProcessIdentity } from "./Exec.ts"

/** The lock could not be had: somebody holds it for too long, or its directory cannot be written. */
export class FileLockFailed extends Schema.TaggedError<FileLockFailed>()("FileLockFailed", {
  path: Schema.String,
  /** Absent when nobody holds it and it cannot be had all the same. */
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

const code = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)

const attempt = <A>(path: string, action: () => Promise<A>): Effect.Effect<A, FileLockFailed> =>
  Effect.tryPromise({
    try: action,
    catch: (cause) => new FileLockFailed({ path, detail: cause instanceof Error ? cause.message : String(cause) })
  })

/** Link is the one call that both creates a file with its content and refuses when the name is taken. */
const take = (path: string, me: ProcessIdentity): Effect.Effect<boolean, FileLockFailed> =>
  attempt(path, async () => {
    const mine = `${path}.${randomBytes(6).toString("hex")}`
    return fs
      .writeFile(mine, encode(me), { mode: 0o600, flag: "wx" })
      .then(() => fs.link(mine, path))
      .then(
        () => true,
        (cause) => (code(cause) === "EEXIST" ? false : Promise.reject(cause))
      )
      .finally(() => fs.rm(mine, { force: true }))
  })

/** What a lock file says; nothing when there is none to be read. */
const read = (path: string): Promise<string | undefined> => fs.readFile(path, "utf8").catch(() => undefined)

/** A takeover is two file operations; one that is older than this was cut short by a crash. */
const TAKEOVER_TIME = Duration.seconds(10)

/**
 * Removes a dead holder's lock. Two waiters may both see it dead, and the slower one must not remove the lock that the
 * faster one has taken since: so only one at a time may do it, and looks again before it does.
 */
const breakDead = (path: string, dead: string): Effect.Effect<void, FileLockFailed> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    attempt(path, async () => {
      const breaker = `${path}.takeover`
      const mine = await fs.writeFile(breaker, "", { mode: 0o600, flag: "wx" }).then(
        () => true,
        (cause) => (code(cause) === "EEXIST" ? false : Promise.reject(cause))
      )
      if (mine) {
        await read(path)
          .then((text) => (text === dead ? fs.unlink(path) : undefined))
          .finally(() => fs.rm(breaker, { force: true }))
      } else if (
        now -
          (await fs.stat(breaker).then(
            (stat) => stat.mtimeMs,
            () => now
          )) >
        Duration.toMillis(TAKEOVER_TIME)
      ) {
        await fs.unlink(breaker).catch(() => undefined)
      }
    })
  )

/** A dead holder's lock is free at once, even for those who do not wait; others may be after it at the same time. */
const TRIES = 5

// Whatever names no living process is dead. An empty file too: a lock appears with its content, so a power failure has
// taken that.
const acquire = Effect.fn("FileLock.acquire")(function* (path: string, me: ProcessIdentity) {
  const exec = yield* Exec
  for (let tries = 0; tries < TRIES; tries++) {
    if (yield* take(path, me)) return
    const text = yield* Effect.promise(() => read(path))
    if (text === undefined) continue
    const holder = decode(text)
    if (holder._tag === "Some" && (yield* exec.isAlive(holder.value))) {
      return yield* new Held({ holder: `process ${holder.value.pid}` })
    }
    yield* breakDead(path, text)
  }
  return yield* new Held({ holder: "nobody known" })
})

const giveBack = (path: string): Effect.Effect<void> => Effect.promise(() => fs.unlink(path).catch(() => undefined))

/**
 * Runs an effect while this process holds a lock file, made beside what it protects. The lock names its process and
 * boot and is taken over when either is gone, so it holds among the processes of one host. Waits at most `wait` (default
 * 10 seconds) for a living holder; 0 waits for nobody.
 * Within one process use a semaphore instead: a process does not wait for itself, it times out.
 *
 * @example
 * withFileLock("/repo/.beads/issues.jsonl.lock")(rewrite)
 */
export const withFileLock =
  (path: string, wait: Duration.DurationInput = "10 seconds") =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | FileLockFailed, R | Exec> =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const me = yield* exec.identify(process.pid)
      if (me === undefined) return yield* new FileLockFailed({ path, detail: "cannot tell who we are" })
      const patient = Duration.toMillis(wait) > 0
      // What the system has been asked for cannot be taken back, so only the wait between two attempts, and the work
      // itself, may be interrupted; inside a finalizer not even they.
      return yield* Effect.uninterruptibleMask((restore) =>
        acquire(path, me).pipe(
          Effect.tapErrorTag("Held", () => (patient ? restore(Effect.sleep("20 millis")) : Effect.void)),
          Effect.retry({ while: (error) => patient && error._tag === "Held", schedule: Schedule.recurUpTo(wait) }),
          Effect.catchTag("Held", ({ holder }) => new FileLockFailed({ path, holder, detail: `held by ${holder}` })),
          Effect.zipRight(Effect.ensuring(restore(effect), giveBack(path)))
        )
      )
    })

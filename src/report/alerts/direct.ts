import * as FileSystem from "@effect/platform/FileSystem"
import { Duration, Effect, Either, Schema } from "effect"
import { Channels } from "../../alerts/Channel.ts"
import { OpenCondition, type Condition } from "../../domain/Condition.ts"
import { emit } from "../../domain/Events.ts"
import type { Message } from "../../domain/Message.ts"
import { Redact } from "../../domain/Redaction.ts"
import { redactedCodec } from "../../domain/redactedCodec.ts"
import { messageOf } from "../../exec/causes.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { compare, type ComparePlace } from "./compare.ts"

/** The longest that the channels may take. */
const PATIENCE = Duration.seconds(2)

const codec = Effect.map(Redact, (redact) => redactedCodec(Schema.Array(OpenCondition), redact))

/** What was told before. What cannot be read counts as not told: a person hears of it twice rather than not at all. */
const readOpen = Effect.fn("alerts.readOpen")(function* (file: string | undefined) {
  const fs = yield* FileSystem.FileSystem
  if (file === undefined) return []
  return yield* fs.readFileString(file).pipe(
    Effect.flatMap((yield* codec).decode),
    Effect.orElseSucceed((): ReadonlyArray<OpenCondition> => [])
  )
})

const writeOpen = Effect.fn("alerts.writeOpen")(function* (file: string, open: ReadonlyArray<OpenCondition>) {
  const fs = yield* FileSystem.FileSystem
  if (open.length === 0) return yield* fs.remove(file, { force: true })
  return yield* Effect.flatMap((yield* codec).encode(open), ({ text }) => replaceFile(file, text))
})

/** Sends one message to every channel. Whether any of them took it. */
const sendToAll = Effect.fn("alerts.sendToAll")(function* (message: Message) {
  const results = yield* Effect.forEach(
    yield* Channels,
    ({ name, send, target }) =>
      send({ message, mayBeRepeat: false }).pipe(
        Effect.timeoutFail({ duration: PATIENCE, onTimeout: () => ({ message: "no answer while there was time" }) }),
        Effect.tapError((error) =>
          Effect.logWarning(`alerts: ${name} (${target}) did not take a message: ${error.message}`)
        ),
        Effect.either
      ),
    { concurrency: "unbounded" }
  )
  return results.some(Either.isRight)
})

/**
 * Tells of these conditions, and of those that are over, where there is no journal to keep them: for a run that cannot begin, and for
 * the first one that can again. Follows the same rules as `alertPass`, as far as `file` can be read and written. What no channel takes
 * is told by the next run. Never fails.
 *
 * @example
 * yield* tellDirectly("/state/not-begun.json", [condition], place)
 */
export const tellDirectly = Effect.fn("alerts.direct")(function* (
  file: string | undefined,
  now: ReadonlyArray<Condition>,
  place: ComparePlace
): Effect.fn.Return<void, never, FileSystem.FileSystem> {
  const channels = yield* Channels
  if (channels.length === 0) return
  const before = yield* readOpen(file)
  if (now.length === 0 && before.length === 0) return
  const { messages, open } = compare(before, { now, fateOf: () => "over" }, place)
  const arrived = yield* Effect.forEach(
    messages,
    ({ message }) => Effect.zipRight(emit({ _tag: "AlertRaised", message }), sendToAll(message)),
    { concurrency: "unbounded" }
  )
  if (file === undefined || arrived.includes(false)) return
  yield* Effect.catchAll(writeOpen(file, open), (error) =>
    Effect.logDebug(`alerts: what was told is not kept, so the next run tells it again: ${messageOf(error)}`)
  )
})

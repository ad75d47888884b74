import type * as HttpClient from "@effect/platform/HttpClient"
import { Duration, Effect, Fiber, Layer, Option, Ref, Schedule } from "effect"
import { createHash } from "node:crypto"
import { bootMillis } from "../../domain/BootClock.ts"
import type { RunId } from "../../domain/Ids.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { Redact } from "../../domain/Redaction.ts"
import { oneLine } from "../../domain/Text.ts"
import { importedLayer } from "../../importedLayer.ts"
import { Heartbeat, HEARTBEAT_TIME } from "../Heartbeat.ts"
import type { SendFailed } from "../SendFailed.ts"
import { post } from "./importedPost.ts"

/** What is left for the last signal if the first one hangs. */
const START_TIME = Duration.seconds(1)

/** All the time for the last signal of a run that is interrupted: it must be gone soon. */
const INTERRUPTED_TIME = Duration.seconds(1)

/** How often one signal is sent until it gets an answer. */
const TRIES = 3

/** Characters of a signal's text. */
const BODY_LENGTH = 10_000

/**
 * A UUID for a run, always the same one: the service tells runs apart by it, so that runs that overlap are measured right.
 *
 * @example
 * HttpHeartbeat.uuidOf(run) // the same UUID each time
 */
export const uuidOf = (run: RunId): string => {
  const hex = createHash("sha256").update(run).digest("hex")
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32)
  ].join("-")
}

/**
 * The address of a signal: `https://hc-ping.com/<uuid>` becomes `…/<uuid>/start?rid=…`.
 *
 * @example
 * HttpHeartbeat.signalAddress(new URL("https://hc-ping.com/5d41"), "start", run) // https://hc-ping.com/5d41/start?rid=…
 */
export const signalAddress = (base: URL, signal: string, run: RunId): URL => {
  const address = new URL(base)
  if (signal !== "") address.pathname = `${address.pathname.replace(/\/+$/, "")}/${signal}`
  address.searchParams.set("rid", uuidOf(run))
  return address
}

const signalOf = (exit: number | "interrupted"): string =>
  exit === "interrupted" ? "fail" : exit === EXIT.ok ? "" : String(exit)

const isWorthAnotherTry = ({ reason }: SendFailed): boolean => reason !== "refused"

/**
 * Signals to the address by the conventions of healthchecks.io: `/start`, then the address itself for exit 0, else
 * `/<exit code>`, each with the run as `rid` and the run's summary as text. A signal that gets no answer is tried again while
 * there is time.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provide(HttpHeartbeat.layer(new URL("https://hc-ping.com/5d41"))))
 */
export const layer = (base: URL): Layer.Layer<never, never, HttpClient.HttpClient> =>
  Layer.scoped(
    Heartbeat,
    Effect.gen(function* () {
      const [client, scope] = yield* Effect.all([Effect.context<HttpClient.HttpClient>(), Effect.scope])
      const starting = yield* Ref.make(Option.none<Fiber.RuntimeFiber<void>>())
      const signal = (name: string, run: RunId, text: string, limit: Duration.Duration) =>
        Effect.gen(function* () {
          const body = (yield* Redact)(text).slice(0, BODY_LENGTH)
          yield* post({ address: signalAddress(base, name, run), body, limit }).pipe(
            Effect.retry({ while: isWorthAnotherTry, times: TRIES - 1, schedule: Schedule.spaced("250 millis") }),
            Effect.timeoutFail({ duration: limit, onTimeout: () => ({ message: "no answer in time" }) })
          )
        }).pipe(
          Effect.catchAll(({ message }) =>
            Effect.logWarning(
              `the heartbeat could not be sent, so its service may take this run for missing: ${oneLine(message)}`
            )
          ),
          Effect.provide(client)
        )
      return {
        begun: (run) =>
          Effect.forkIn(signal("start", run, "", HEARTBEAT_TIME), scope).pipe(
            Effect.flatMap((fiber) => Ref.set(starting, Option.some(fiber)))
          ),
        ended: (run, exit, text) =>
          Effect.gen(function* () {
            const begin = yield* bootMillis
            const isShort = exit === "interrupted"
            // A start that arrives after the end would look like a run that hangs.
            const first = yield* Ref.getAndSet(starting, Option.none())
            if (Option.isSome(first)) {
              if (!isShort) yield* Effect.timeoutOption(Fiber.await(first.value), START_TIME)
              yield* Fiber.interrupt(first.value)
            }
            const used = (yield* bootMillis) - begin
            const time = isShort ? INTERRUPTED_TIME : Duration.subtract(HEARTBEAT_TIME, Duration.millis(used))
            yield* signal(signalOf(exit), run, text, time)
          })
      }
    })
  )

/**
 * `layer` on the HTTP client of Node.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provide(HttpHeartbeat.onFetch(new URL("https://hc-ping.com/5d41"))))
 */
export const onFetch = (base: URL): Layer.Layer<never> =>
  importedLayer(
    () => import("@effect/platform/FetchHttpClient"),
    (client) => Layer.provide(layer(base), client.layer)
  )

/** A service that stays: a run at each time of a cron expression, a watcher between runs, and `/health` for monitoring. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Cause, Clock, Cron, DateTime, Duration, Effect, Ref, Schedule } from "effect"
import { createServer } from "node:http"
import { nightlyRunOrFail, watch } from "../../src/index.ts"

export interface ServiceOptions {
  /** When runs begin. */
  readonly cron: Cron.Cron
  /** A run that has not ended this long after its time is late: longer than `timeouts.run`. */
  readonly patience: Duration.DurationInput
}

/** How the last run ended, in words; before the first one, when the service began. `at`: milliseconds since the epoch. */
export interface Last {
  readonly at: number
  readonly isFine: boolean
  readonly words: string
}

/** What `/health` answers at this time: 200 if all is well, else 503, and why. */
export const healthOf = (
  { at, isFine, words }: Last,
  now: number,
  { cron, patience }: ServiceOptions
): { readonly status: 200 | 503; readonly words: string } => {
  const due = Cron.next(cron, at).getTime()
  if (now > due + Duration.toMillis(patience))
    return { status: 503, words: `the run of ${DateTime.formatIso(DateTime.unsafeMake(due))} has not ended` }
  return { status: isFine ? 200 : 503, words }
}

const fine = (words: string) => ({ isFine: true, words })
const failed = (words: string) => ({ isFine: false, words })

/** One run, and how it ended. A run that another one or a person kept from its work is no failure. */
const night = nightlyRunOrFail().pipe(
  Effect.map(({ dispatched, problem }) => {
    const words = `done, ${dispatched} dispatched`
    return problem === undefined ? fine(words) : failed(`${words}, but something is wrong: ${problem}`)
  }),
  Effect.catchTag("RunLocked", "RunPaused", ({ message }) => Effect.succeed(fine(message))),
  Effect.catchAll((error) => Effect.succeed(failed(`${error._tag}: ${error.message}`))),
  // A defect must not end the service: the next night may be better.
  Effect.catchAllDefect((defect) => Effect.succeed(failed(Cause.pretty(Cause.die(defect)))))
)

/** Settles jobs when they end. Returns at once if the watcher of an earlier run is still at work. */
const watcher = watch().pipe(
  Effect.catchAllCause((cause) => Effect.logError("the watcher ended; the next run settles its jobs", cause))
)

/**
 * Runs until it is interrupted. Then no fiber is left: the current run rolls back what it began, watchers end, and their jobs go on.
 *
 * @example
 * service(options).pipe(Effect.provide([layer(settings, here), loopback(9090)]), Effect.provide(NodeContext.layer))
 */
export const service = Effect.fn("service")(function* (options: ServiceOptions) {
  const last = yield* Ref.make<Last>({ at: yield* Clock.currentTimeMillis, ...fine("no run was due yet") })
  const health = Effect.gen(function* () {
    const { status, words } = healthOf(yield* Ref.get(last), yield* Clock.currentTimeMillis, options)
    return yield* HttpServerResponse.json({ status: status === 200 ? "ok" : "failing", words }, { status })
  })
  yield* HttpServer.serveEffect(HttpRouter.empty.pipe(HttpRouter.get("/health", health)))
  const runAndWatch = Effect.gen(function* () {
    const how = yield* night
    yield* Ref.set(last, { at: yield* Clock.currentTimeMillis, ...how })
    yield* Effect.forkScoped(watcher)
  })
  return yield* Effect.schedule(runAndWatch, Schedule.cron(options.cron))
}, Effect.scoped)

/** The server of `service`, for this host only. */
export const loopback = (port: number) => NodeHttpServer.layerServer(createServer, { port, host: "127.0.0.1" })

import { Clock, Context, Effect, HashMap, Layer, Option, PubSub, Schema, type Scope, type Stream } from "effect"
import { Event } from "./Event.ts"
import { levelOf, lineOf } from "./eventLine.ts"
import { RunId } from "./Ids.ts"
import { Redact, type Redactor } from "./Redaction.ts"
import { redactedCodec } from "./redactedCodec.ts"

/** An event with its time. */
export interface Published {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The run, `settle` or watcher that tells of it; `undefined` outside of them. */
  readonly run: RunId | undefined
  readonly event: Event
}

/** What an `Events` does. */
export interface EventBus {
  /** Passes an event on. `emit` calls it. */
  readonly publish: (published: Published) => Effect.Effect<void>
  /**
   * The events from now on, without secrets, until the scope closes. A subscriber that is `BEHIND` events late loses the oldest:
   * the program does not wait for it.
   */
  readonly subscribe: Effect.Effect<Stream.Stream<Published>, never, Scope.Scope>
}

/** How many events wait for a slow subscriber. */
export const BEHIND = 4096

interface Waiting {
  readonly published: Published
  readonly redact: Redactor
}

const redacted = ({ published, redact }: Waiting): Effect.Effect<Published> =>
  Effect.map(Effect.orDie(redactedCodec(Event, redact).encode(published.event)), ({ record: event }) => ({
    ...published,
    event
  }))

/**
 * A bus of its own, for a program whose runs must not share the bus of the process.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provideServiceEffect(Events, makeEvents))
 */
export const makeEvents: Effect.Effect<EventBus> = Effect.map(PubSub.sliding<Waiting>(BEHIND), (bus) => ({
  publish: (published) => Effect.flatMap(Redact, (redact) => PubSub.publish(bus, { published, redact })),
  // Few programs subscribe, and effect's streams are large.
  subscribe: Effect.flatMap(
    Effect.promise(() => import("./eventStream.ts")),
    ({ streamOf }) => streamOf(bus, redacted)
  )
}))

/**
 * Where events go. By default one bus of the whole process, so that no layer is needed; `Published.run` tells its runs apart.
 *
 * @example
 * const events = yield* Effect.flatMap(Events, ({ subscribe }) => subscribe)
 * yield* Effect.forkScoped(Stream.runForEach(events, ({ event }) => Console.log(event._tag)))
 * yield* nightlyRun(options)
 */
export class Events extends Context.Reference<Events>()("nightly-dispatch/Events", {
  defaultValue: (): EventBus => Effect.runSync(makeEvents)
}) {}

/**
 * Shows each event to `sink` before the subscribers get it. The program waits for the sink.
 *
 * @example
 * const toConsole = eventSink(({ at, event }) => Console.log(at, event._tag))
 * nightlyRun(options).pipe(Effect.provide(toConsole))
 */
export const eventSink = (sink: (published: Published) => Effect.Effect<void>): Layer.Layer<never> =>
  Layer.effect(
    Events,
    Effect.map(Events, (events) => ({
      ...events,
      publish: (published: Published) => Effect.zipRight(sink(published), events.publish(published))
    }))
  )

const isRunId = Schema.is(RunId)

/** Publishes the event with its time and its run. Without `Effect.gen`: a run skips as many bugs as the tracker has. */
const published = (event: Event): Effect.Effect<void> =>
  Effect.flatMap(Events, (events) =>
    Effect.flatMap(Effect.logAnnotations, (annotations) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        const run = Option.filter(HashMap.get(annotations, "run"), isRunId)
        return events.publish({ at, run: Option.getOrUndefined(run), event })
      })
    )
  )

/**
 * Tells that something happened: logs the event's line, if it has one, and publishes the event. All that the program says about
 * its night comes from here, so that logs, live lines and subscribers cannot disagree.
 *
 * @example
 * emit({ _tag: "StepBegun", beads: issue.id, step: "claim" })
 */
export const emit = (event: Event): Effect.Effect<void> =>
  Effect.suspend(() => {
    const line = lineOf(event)
    const logged = line === undefined ? Effect.void : Effect.logWithLevel(levelOf(event), line)
    return Effect.zipRight(logged, published(event))
  })

import { Effect, Stream, type PubSub, type Scope } from "effect"

/** What is published from now on, after `change`, until the scope closes. */
export const streamOf = <A, B>(
  bus: PubSub.PubSub<A>,
  change: (published: A) => Effect.Effect<B>
): Effect.Effect<Stream.Stream<B>, never, Scope.Scope> =>
  Effect.map(Stream.fromPubSub(bus, { scoped: true }), Stream.mapEffect(change))

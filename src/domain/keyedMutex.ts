import { Effect } from "effect"

/**
 * A mutex for each key: effects with the same key run one after another in this process, others at the same time. A key
 * without a running or waiting effect takes no memory.
 *
 * @example
 * const oneAtATime = keyedMutex<BeadsId>()
 * oneAtATime(id)(start(request))
 */
export const keyedMutex = <K>() => {
  const mutexes = new Map<K, { readonly semaphore: Effect.Semaphore; users: number }>()
  const enter = (key: K) =>
    Effect.sync(() => {
      const mutex = mutexes.get(key) ?? { semaphore: Effect.unsafeMakeSemaphore(1), users: 0 }
      mutex.users += 1
      mutexes.set(key, mutex)
      return mutex
    })
  const leave = (key: K, mutex: { users: number }) =>
    Effect.sync(() => {
      mutex.users -= 1
      if (mutex.users === 0) mutexes.delete(key)
    })
  return (key: K) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.acquireUseRelease(
        enter(key),
        ({ semaphore }) => semaphore.withPermits(1)(effect),
        (mutex) => leave(key, mutex)
      )
}

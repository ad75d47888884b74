import { Context, Effect } from "effect"

/**
 * Whether this host is too busy for one more job. A run that finds it busy claims nothing and leaves its bugs alone, each with the
 * reason `host_busy`; the next run asks again. `busy`: why, with the figures, or `undefined`. `jobs`: how many jobs of ours run or
 * may run; they are named, and never counted against the host. Never fails: what cannot be measured is not busy. The default is
 * never busy.
 *
 * @example
 * Layer.succeed(HostGate, { busy: () => Effect.succeed("a backup runs") })
 */
export class HostGate extends Context.Reference<HostGate>()("nightly-dispatch/HostGate", {
  defaultValue: (): { readonly busy: (jobs: number) => Effect.Effect<string | undefined> } => ({
    busy: () => Effect.sync(() => undefined)
  })
}) {}

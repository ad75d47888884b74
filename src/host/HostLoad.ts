import { Effect, Either, Layer } from "effect"
import * as os from "node:os"
import type { Settings } from "../domain/Settings.ts"
import { bytesInWords } from "../domain/Size.ts"
import type { Exec } from "../exec/Exec.ts"
import { availableMemory } from "./availableMemory.ts"
import { HostGate } from "./HostGate.ts"

/** What is known of how busy a host is. */
export interface HostLoad {
  /** The load average of the last minute, and the cores that share it; `undefined` if it is not known. */
  readonly load: { readonly average: number; readonly cores: number } | undefined
  /** Bytes of memory that new programs can get; `undefined` if it is not known. */
  readonly memory: number | undefined
}

const MIB = 1024 * 1024

/** Rounded up: a load above the limit never reads like the limit. */
const tenths = (number: number): string => (Math.ceil(number * 10) / 10).toFixed(1)

const loadTooHigh = ({ load }: HostLoad, { maxLoadPerCore }: Settings["hostGate"]): string | undefined => {
  if (load === undefined || maxLoadPerCore === 0 || load.average <= maxLoadPerCore * load.cores) return undefined
  const cores = load.cores === 1 ? "one core" : `${load.cores} cores`
  const each = `${tenths(load.average / load.cores)} per core`
  return `load ${tenths(load.average)} on ${cores} (${each}), hostGate.maxLoadPerCore allows ${maxLoadPerCore}`
}

const memoryTooLow = ({ memory }: HostLoad, { minFreeMemory }: Settings["hostGate"]): string | undefined =>
  memory === undefined || memory >= minFreeMemory * MIB
    ? undefined
    : `${bytesInWords(Math.floor(memory / MIB) * MIB)} of memory are available, hostGate.minFreeMemory wants ${bytesInWords(minFreeMemory * MIB)}`

const ours = (jobs: number): string =>
  jobs === 0 ? "no job of ours runs" : jobs === 1 ? "one job of ours runs" : `${jobs} jobs of ours run`

/**
 * Why a host with this load must not get one more job, with the figures, and how many of our own jobs it has already; `undefined`
 * if it may. What is not known does not hold back.
 *
 * @example
 * HostLoad.busyWith({ load: { average: 9.1, cores: 2 }, memory: 4e9 }, { maxLoadPerCore: 4, minFreeMemory: 256 }, 2)
 * // "load 9.1 on 2 cores (4.6 per core), hostGate.maxLoadPerCore allows 4; 2 jobs of ours run"
 */
export const busyWith = (load: HostLoad, gate: Settings["hostGate"], jobs: number): string | undefined => {
  const reasons = [loadTooHigh(load, gate), memoryTooLow(load, gate)].filter((reason) => reason !== undefined)
  return reasons.length === 0 ? undefined : [...reasons, ours(jobs)].join("; ")
}

/** Also in a container with a quota the load average is that of the whole host, so all its cores share it. */
const loadNow = Effect.sync((): Either.Either<NonNullable<HostLoad["load"]>, string> => {
  const [average, cores] = [os.loadavg()[0], os.cpus().length]
  if (average === undefined || process.platform === "win32") return Either.left("this system has no load average")
  return cores === 0 ? Either.left("this system does not tell its cores") : Either.right({ average, cores })
})

/** What was measured, and what could not be, in words. */
export interface MeasuredLoad extends HostLoad {
  readonly unknown: ReadonlyArray<string>
}

/**
 * What the limits of `gate` need to know of this host, measured now. A limit of 0 needs nothing.
 *
 * @example
 * const { memory } = yield* HostLoad.measureLoad({ maxLoadPerCore: 0, minFreeMemory: 256 })
 */
export const measureLoad = Effect.fn("HostLoad.measure")(function* ({
  maxLoadPerCore,
  minFreeMemory
}: Settings["hostGate"]): Effect.fn.Return<MeasuredLoad, never, Exec> {
  const load = maxLoadPerCore === 0 ? undefined : yield* loadNow
  const memory = minFreeMemory === 0 ? undefined : yield* Effect.either(availableMemory)
  const unknown = (key: string, what: string, measured: Either.Either<unknown, string> | undefined) =>
    measured === undefined || Either.isRight(measured)
      ? []
      : [`cannot measure ${what}, so hostGate.${key} is not checked: ${measured.left}`]
  return {
    load: load && Either.getOrUndefined(load),
    memory: memory && Either.getOrUndefined(memory),
    unknown: [
      ...unknown("maxLoadPerCore", "the load of this host", load),
      ...unknown("minFreeMemory", "the available memory", memory)
    ]
  }
})

/**
 * `HostGate` on this host. What cannot be measured is a warning, once. `measure`: another way to measure.
 *
 * @example
 * HostLoad.layer({ maxLoadPerCore: 4, minFreeMemory: 256 })
 */
export const layer = (
  gate: Settings["hostGate"],
  measure: Effect.Effect<MeasuredLoad, never, Exec> = measureLoad(gate)
): Layer.Layer<HostGate, never, Exec> =>
  Layer.effect(
    HostGate,
    Effect.map(Effect.context<Exec>(), (context) => {
      const said = new Set<string>()
      return {
        busy: Effect.fn("HostGate.busy")(function* (jobs: number) {
          const { unknown, ...load } = yield* Effect.provide(measure, context)
          for (const warning of unknown) {
            if (!said.has(warning)) yield* Effect.logWarning(warning)
            said.add(warning)
          }
          return busyWith(load, gate, jobs)
        })
      }
    })
  )

import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Either } from "effect"
import * as fs from "node:fs/promises"
import { freeSpace } from "../../exec/freeSpace.ts"
import { withKernelLock } from "../../exec/kernelLock.ts"
import { identityOf, machineHere } from "../../journal/identity.ts"
import { JournalQueries, type RunFacts } from "../../journal/JournalQueries.ts"
import { LOCK_CHECK } from "../../journal/stateFiles.ts"
import { readableStateDirectory } from "../../journal/stateDirectory.ts"
import { inTime } from "../../report/lookup/inTime.ts"
import type { StatePlace } from "../../statePlace.ts"
import type { Known } from "./cronRun.ts"
import { ok, problem, warning, type Finding } from "./Finding.ts"

/** What is wrong with a state directory, and whether another tracker's state is in it. */
interface Unusable {
  readonly detail: string
  readonly isOtherTracker: boolean
}

export interface StateFacts {
  readonly directory: string
  /** Whether it exists, and whether it is a copy of another. Left: why it cannot be used. */
  readonly place: Either.Either<{ readonly exists: boolean; readonly isCopy: boolean }, Unusable>
  /** The last runs, the newest first. Left: why the journal cannot be read. */
  readonly runs: Known<ReadonlyArray<RunFacts>>
  /** Whether a lock can be taken where it is. */
  readonly lock: Known<void>
  /** The name of the network's file system that it is on; `undefined` if it is on a disk of this host. */
  readonly network: Known<string | undefined>
}

/** File systems of a network, by the magic numbers of statfs(2): their locks count only as far as the server has them. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "SMB"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9p"],
  [0x5346414f, "AFS"],
  [0x00c36400, "Ceph"]
])

const look = Effect.fn("doctor.state")(function* ({ directory, tracker }: StatePlace) {
  if (!(yield* readableStateDirectory({ directory }))) return { exists: false, isCopy: false }
  const { isCopy } = yield* identityOf({ directory, tracker, machine: yield* machineHere })
  return { exists: true, isCopy }
})

/** Takes a lock in a directory of its own, which is removed again: in the state directory, or where that would be made. */
const tryLock = Effect.fn("doctor.lock")(function* (near: string) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ directory: near, prefix: LOCK_CHECK })
  yield* withKernelLock(`${directory}/lock.db`, 0)(Effect.void)
}, Effect.scoped)

export const gatherState = Effect.fn("doctor.gatherState")(function* (state: StatePlace) {
  const queries = yield* JournalQueries
  const { directory } = state
  const near = Effect.map(freeSpace(directory), (free) => free.directory)
  const located = Effect.mapError(near, (message) => ({ message }))
  return yield* Effect.all(
    {
      directory: Effect.succeed(directory),
      place: Effect.either(
        Effect.mapError(look(state), (error) => ({
          detail: error._tag === "OtherTracker" ? error.message : error.detail,
          isOtherTracker: error._tag === "OtherTracker"
        }))
      ),
      runs: inTime(queries.runs({ last: 50 })),
      lock: inTime(Effect.flatMap(located, tryLock)),
      network: inTime(
        Effect.flatMap(located, (place) =>
          Effect.tryPromise({
            try: () => fs.statfs(place).then(({ type }) => NETWORK.get(type)),
            catch: () => ({ message: `${place} cannot be looked at` })
          })
        )
      )
    },
    { concurrency: "unbounded" }
  )
})

const AREA = "state"

export const stateFindings = ({ directory, lock, network, place, runs }: StateFacts): ReadonlyArray<Finding> => {
  const elsewhere = "stateDir: a directory of its own, in the settings"
  if (Either.isLeft(place)) {
    const { detail, isOtherTracker } = place.left
    const what = detail.includes(directory) ? detail : `${directory}: ${detail}`
    return [
      problem(
        AREA,
        what,
        isOtherTracker ? `${elsewhere}; if the tracker was moved: nightly-dispatch state adopt` : elsewhere
      )
    ]
  }
  if (Either.isLeft(lock)) return [problem(AREA, `no lock can be taken in ${directory}: ${lock.left}`, elsewhere)]
  if (Either.isLeft(runs)) return [problem(AREA, runs.left, "nightly-dispatch status")]
  const found: Array<Finding> = []
  if (Either.isLeft(network)) found.push(warning(AREA, `cannot tell its file system: ${network.left}`))
  else if (network.right !== undefined) {
    found.push(
      warning(
        AREA,
        `${directory} is on ${network.right}: only one host may use it, and its server must have locks`,
        elsewhere
      )
    )
  }
  if (place.right.isCopy) {
    found.push(
      warning(
        AREA,
        `${directory} is a copy of another: claims of that one are left alone`,
        "nightly-dispatch state adopt, if it was moved"
      )
    )
  }
  return [ok(AREA, `${directory}${place.right.exists ? "" : " (the first run makes it)"}, can be locked`), ...found]
}

import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Context, Effect, Option, Schema } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import { BeadsId } from "../../domain/Ids.ts"
import { oneLine } from "../../domain/Text.ts"
import { Exec, ProcessIdentity } from "../../exec/Exec.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { isNotFound, ownDirectory, textOf } from "./files.ts"
import { isRunning, JobRecord, RUN_FILES, RunInstance, type KnownJob } from "./job.ts"

const decodeExit = Schema.decodeUnknownOption(
  Schema.compose(Schema.String.pipe(Schema.pattern(/^\d{1,3}$/)), Schema.NumberFromString).pipe(Schema.between(0, 255))
)
const decodeId = Schema.decodeUnknownOption(BeadsId)
const RecordFile = Schema.parseJson(JobRecord, { space: 2 })
const ProcessFile = Schema.parseJson(ProcessIdentity)

interface Shown {
  readonly message: string
}

const failed =
  (operation: string) =>
  (error: Shown): RunnerFailed =>
    new RunnerFailed({ operation, detail: `job records: ${oneLine(error.message)}`, blame: "host" })

/** One bug's record: no reason to stop the night for the others. */
const unreadable =
  (id: BeadsId, file: string) =>
  (error: Shown): RunnerFailed =>
    new RunnerFailed({
      operation: `job ${id}`,
      detail: `${file} cannot be read: ${oneLine(error.message)}`,
      nextAction: `when no agent works on ${id}, remove jobs/${id} in the state directory`,
      blame: "runner"
    })

const exitOf = Effect.fn("localJobs.exitOf")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* textOf(file)
  if (Option.isNone(text)) return undefined
  const at = Option.flatMap(yield* Effect.option(fs.stat(file)), (info) => info.mtime)
  return { code: Option.getOrUndefined(decodeExit(text.value.trim())), at: Option.getOrUndefined(at)?.getTime() }
})

const readRun = Effect.fn("localJobs.readRun")(function* (id: BeadsId, directory: string) {
  const fs = yield* FileSystem.FileSystem
  const exec = yield* Exec
  const file = (name: keyof typeof RUN_FILES) => `${directory}/${RUN_FILES[name]}`
  const record = yield* fs
    .readFileString(file("job"))
    .pipe(Effect.flatMap(Schema.decode(RecordFile)), Effect.mapError(unreadable(id, file("job"))))
  const process = yield* textOf(file("process")).pipe(
    Effect.flatMap(Effect.transposeMapOption(Schema.decode(ProcessFile))),
    Effect.map(Option.getOrUndefined),
    Effect.mapError(unreadable(id, file("process")))
  )
  const alive = process === undefined ? false : yield* exec.isAlive(process)
  // Read after the process was looked at: one that had ended by then has written its exit code.
  const exit = yield* exitOf(file("exit")).pipe(Effect.mapError(failed(`job ${id}`)))
  const stopped = yield* fs.exists(file("stopped")).pipe(Effect.mapError(failed(`job ${id}`)))
  return { record, directory, process, alive, stopped, exit } satisfies KnownJob
})

/** No more than these: the whole context of the moment would also make every later span a child of this one's. */
export const ownServices = Effect.map(
  Effect.context<FileSystem.FileSystem | Exec>(),
  Context.pick(FileSystem.FileSystem, Exec)
)

/** The runs below a state directory, as files: `jobs/<issue>/<run instance>/` and, beside them, `jobs/<issue>/current`. */
export const localJobs = Effect.fn("localJobs")(function* (stateDir: string) {
  const services = yield* ownServices
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.join(stateDir, "jobs")
  const pointerOf = (id: BeadsId) => path.join(root, id, "current")

  const find = Effect.fn("localJobs.find")(function* (id: BeadsId) {
    const text = yield* textOf(pointerOf(id)).pipe(Effect.mapError(failed(`job ${id}`)))
    if (Option.isNone(text)) return undefined
    const instance = yield* Schema.decode(RunInstance)(text.value).pipe(Effect.mapError(unreadable(id, pointerOf(id))))
    return yield* readRun(id, path.join(root, id, instance))
  }, Effect.provide(services))

  const ids = fs.readDirectory(root).pipe(
    Effect.catchIf(isNotFound, () => Effect.succeed<ReadonlyArray<string>>([])),
    Effect.map((names) => names.flatMap((name) => Option.toArray(decodeId(name)))),
    Effect.mapError(failed("list"))
  )

  return {
    /** The newest run for an issue. */
    find,

    /** The runs that have not ended, each found with `look`. A record that cannot be read hides no other. */
    running: Effect.fn("localJobs.running")(function* (look: typeof find) {
      const found = yield* Effect.forEach(
        yield* ids,
        (id) =>
          look(id).pipe(
            Effect.catchIf(
              (error) => error.blame === "runner",
              (error) => Effect.as(Effect.logWarning(error.message), undefined)
            )
          ),
        { concurrency: 8 }
      )
      return found.filter((known) => known !== undefined).filter(isRunning)
    }),

    /** The path of the lock that starting and stopping need, in a directory that is made if need be. */
    lock: ownDirectory(root).pipe(
      Effect.as(path.join(root, ".lock")),
      Effect.mapError(failed("lock")),
      Effect.provide(services)
    ),

    /** Writes the intent, and returns the run's directory. Nothing points to it yet. */
    create: Effect.fn("localJobs.create")(
      function* (record: JobRecord) {
        const directory = path.join(root, record.beads, record.runInstance)
        yield* ownDirectory(path.dirname(directory))
        yield* fs.makeDirectory(directory, { mode: 0o700 })
        const text = yield* Schema.encode(RecordFile)(record)
        yield* replaceFile(`${directory}/${RUN_FILES.job}`, text)
        return directory
      },
      Effect.mapError(failed("start")),
      Effect.provide(services)
    ),

    /** Makes it the newest run, and then lets its supervisor start the agent. */
    release: Effect.fn("localJobs.release")(
      function* (record: JobRecord, directory: string, process: ProcessIdentity) {
        yield* replaceFile(pointerOf(record.beads), record.runInstance)
        const text = yield* Schema.encode(ProcessFile)(process)
        yield* replaceFile(`${directory}/${RUN_FILES.process}`, text)
      },
      Effect.mapError(failed("start")),
      Effect.provide(services)
    ),

    /** Forgets a run that nothing was launched for. */
    discard: (directory: string) => Effect.ignore(fs.remove(directory, { recursive: true })),

    /** Writes down that we are about to end it. */
    markStopped: (known: KnownJob) =>
      fs
        .writeFileString(`${known.directory}/${RUN_FILES.stopped}`, "", { mode: 0o600 })
        .pipe(Effect.mapError(failed(`stop ${known.record.beads}`)))
  }
})

export type LocalJobs = Effect.Effect.Success<ReturnType<typeof localJobs>>

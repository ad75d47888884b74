import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option, Schema } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import { BeadsId } from "../../domain/Ids.ts"
import { oneLine } from "../../domain/Text.ts"
import { Exec, ProcessIdentity } from "../../exec/Exec.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { isNotFound, ownDirectory, textOf } from "./files.ts"
import { isLive } from "../../domain/Job.ts"
import { JOB_FILES, JobRecord, RunInstance, Supervisor, toJob, traitsOf, type LocalJob } from "./job.ts"

// Below `root`, the directory `jobs` of the state directory: `<bug>/<run instance>/` for each job, `<bug>/current`.

const decodeExit = Schema.decodeUnknownOption(
  Schema.compose(Schema.String.pipe(Schema.pattern(/^\d{1,3}$/)), Schema.NumberFromString).pipe(Schema.between(0, 255))
)
const decodeId = Schema.decodeUnknownOption(BeadsId)
const RecordFile = Schema.parseJson(JobRecord, { space: 2 })
const ProcessFile = Schema.parseJson(Supervisor)

const failed = (operation: string) => (cause: { readonly message: string }) =>
  new RunnerFailed({ operation, detail: `job records: ${oneLine(cause.message)}`, blame: "host" })

/** Blames the runner, not the host: one bug's broken record must not end the run for the other bugs. */
const unreadable = (id: BeadsId, file: string) => (cause: { readonly message: string }) =>
  new RunnerFailed({
    operation: `job ${id}`,
    detail: `${file} cannot be read: ${oneLine(cause.message)}`,
    nextAction: `when no agent works on ${id}, remove jobs/${id} in the state directory`,
    blame: "runner"
  })

const readExit = Effect.fn("jobFiles.readExit")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* textOf(file)
  if (text === undefined) return undefined
  const at = Option.flatMap(yield* Effect.option(fs.stat(file)), (info) => info.mtime)
  return { code: Option.getOrUndefined(decodeExit(text.trim())), at: Option.getOrUndefined(at)?.getTime() }
})

/** Looks for the agent of a job without an exit code whose supervisor does not live, as far as can be seen. */
const agentOf = Effect.fn("jobFiles.agentOf")(function* (job: Omit<LocalJob, "working" | "doubt">) {
  const exec = yield* Exec
  if (job.supervisor === undefined || job.exit !== undefined || job.liveness === "alive") {
    return { working: false, doubt: undefined }
  }
  return yield* exec.jobProcesses(traitsOf(job)).pipe(
    Effect.map(({ doubtful, working }) => ({ working: working.length > 0, doubt: doubtful[0] })),
    Effect.catchAll(({ message }) =>
      Effect.succeed({ working: false, doubt: `its processes cannot be read: ${message}` })
    )
  )
})

const readJob = Effect.fn("jobFiles.readJob")(function* (id: BeadsId, directory: string) {
  const fs = yield* FileSystem.FileSystem
  const exec = yield* Exec
  const file = (name: keyof typeof JOB_FILES) => `${directory}/${JOB_FILES[name]}`
  const record = yield* fs
    .readFileString(file("job"))
    .pipe(Effect.flatMap(Schema.decode(RecordFile)), Effect.mapError(unreadable(id, file("job"))))
  const supervisor = yield* textOf(file("process")).pipe(
    Effect.flatMap((text) => (text === undefined ? Effect.succeed(text) : Schema.decode(ProcessFile)(text))),
    Effect.mapError(unreadable(id, file("process")))
  )
  const liveness = supervisor === undefined ? "dead" : yield* exec.liveness(ProcessIdentity.make(supervisor))
  // Read `exit` only after the supervisor's liveness: a supervisor writes `exit` before it ends.
  const exit = yield* readExit(file("exit")).pipe(Effect.mapError(failed(`job ${id}`)))
  const has = (name: keyof typeof JOB_FILES) => Effect.mapError(fs.exists(file(name)), failed(`job ${id}`))
  const marks = { begun: yield* has("begun"), stopped: yield* has("stopped"), abandoned: yield* has("abandoned") }
  const job = { record, directory, supervisor, liveness, ...marks, exit }
  return { ...job, ...(yield* agentOf(job)) } satisfies LocalJob
})

/** The file that names the newest job of a bug. */
export const currentOf = (root: string, id: BeadsId) => `${root}/${id}/current`

/** The bugs with files of jobs. */
export const bugsWithJobs = Effect.fn("jobFiles.bugs")(function* (root: string) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* fs.readDirectory(root).pipe(
    Effect.catchIf(isNotFound, () => Effect.succeed<ReadonlyArray<string>>([])),
    Effect.mapError(failed("list"))
  )
  return names.flatMap((name) => Option.toArray(decodeId(name)))
})

/** The newest job of a bug. `undefined` if there is none. */
export const findJob = Effect.fn("jobFiles.findJob")(function* (root: string, id: BeadsId) {
  const current = currentOf(root, id)
  const text = yield* textOf(current).pipe(Effect.mapError(failed(`job ${id}`)))
  if (text === undefined) return undefined
  const runInstance = yield* Schema.decode(RunInstance)(text).pipe(Effect.mapError(unreadable(id, current)))
  return yield* readJob(id, `${root}/${id}/${runInstance}`)
})

/** The jobs that may be working: at most the newest of each bug, read with `find`. Logs a record that cannot be read and goes on. */
export const runningJobs = Effect.fn("jobFiles.runningJobs")(function* <R>(
  root: string,
  find: (id: BeadsId) => Effect.Effect<LocalJob | undefined, RunnerFailed, R>
) {
  const readable = (id: BeadsId) =>
    Effect.catchIf(
      find(id),
      (error) => error.blame === "runner",
      (error) => Effect.as(Effect.logWarning(error.message), undefined)
    )
  const jobs = yield* Effect.forEach(yield* bugsWithJobs(root), readable, { concurrency: 8 })
  return jobs.filter((job) => job !== undefined).filter((job) => isLive(toJob(job)))
})

/** The path of the lock for starting and stopping. Makes its directory. */
export const lockFile = (root: string) =>
  Effect.as(ownDirectory(root), `${root}/lock.db`).pipe(Effect.mapError(failed("lock")))

/** Writes the job's record and returns the job's directory. `current` does not name the job yet. */
export const createJob = Effect.fn("jobFiles.createJob")(
  function* (root: string, record: JobRecord) {
    const fs = yield* FileSystem.FileSystem
    const directory = `${root}/${record.beads}/${record.runInstance}`
    yield* ownDirectory(`${root}/${record.beads}`)
    yield* fs.makeDirectory(directory, { mode: 0o700 })
    const text = yield* Schema.encode(RecordFile)(record)
    yield* replaceFile(`${directory}/${JOB_FILES.job}`, text)
    return directory
  },
  Effect.mapError(failed("start"))
)

/** Makes the job the bug's newest, and records its supervisor. */
export const recordSupervisor = Effect.fn("jobFiles.recordSupervisor")(
  function* (root: string, record: JobRecord, supervisor: Supervisor) {
    const current = currentOf(root, record.beads)
    yield* replaceFile(current, record.runInstance)
    const text = yield* Schema.encode(ProcessFile)(supervisor)
    yield* replaceFile(`${root}/${record.beads}/${record.runInstance}/${JOB_FILES.process}`, text)
  },
  Effect.mapError(failed("start"))
)

/** Removes the record of a job that was not launched. */
export const removeJob = (directory: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.ignore(fs.remove(directory, { recursive: true })))

/** Takes the mark `stopped` back: the job could not be ended, so its end will be its own. */
export const unmarkStopped = ({ directory }: LocalJob) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.ignore(fs.remove(`${directory}/${JOB_FILES.stopped}`)))

/** Records that we are about to end the job, or that settling gave it up. */
export const mark = ({ directory, record }: LocalJob, name: "stopped" | "abandoned") =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.writeFileString(`${directory}/${JOB_FILES[name]}`, "", { mode: 0o600 })
  ).pipe(Effect.mapError(failed(`stop ${record.beads}`)))

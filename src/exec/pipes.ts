import { Effect } from "effect"
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"
import { notStarted } from "./children.ts"
import type { ExecNotStarted } from "./Exec.ts"

/** The file descriptors of a pipe. The reading end does not block. */
export interface Pipe {
  readonly reader: number
  readonly writer: number
}

/** How many pipes a call of `mkfifo` makes. The call takes longer than all the rest. */
const BATCH = 64
const SHARED_MEMORY = "/dev/shm"
const spare: Array<Pipe> = []
let making: Promise<void> | undefined

const openPipe = (name: string): Pipe => {
  const reader = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  try {
    return { reader, writer: fs.openSync(name, fs.constants.O_WRONLY) }
  } catch (cause) {
    fs.closeSync(reader)
    throw cause
  }
}

const makeIn = async (parent: string): Promise<void> => {
  const directory = fs.mkdtempSync(path.join(parent, "nightly-dispatch-pipes-"))
  try {
    const names = Array.from({ length: BATCH }, (_, index) => path.join(directory, String(index)))
    await promisify(execFile)("mkfifo", ["-m", "600", ...names], {
      env: { PATH: process.env["PATH"] },
      timeout: 10_000
    })
    for (const name of names) spare.push(openPipe(name))
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

/** Commands that start side by side wait for the same batch. */
const makeBatch = (): Promise<void> => makeIn(SHARED_MEMORY).catch(() => makeIn(os.tmpdir()))

const take = async (): Promise<Pipe> => {
  for (;;) {
    const pipe = spare.pop()
    if (pipe !== undefined) return pipe
    making ??= makeBatch().finally(() => (making = undefined))
    await making
  }
}

/**
 * A pipe for one stream of `command`; the caller closes both ends. Node makes sockets for `stdio: "pipe"`, and a script cannot
 * open a socket as /dev/stderr. These are FIFOs whose names are removed at once, so they are gone when our program ends.
 */
export const takePipe = (command: string): Effect.Effect<Pipe, ExecNotStarted> =>
  Effect.suspend(() => {
    const pipe = spare.pop()
    return pipe === undefined
      ? Effect.tryPromise({ try: take, catch: (cause) => notStarted(command, cause) })
      : Effect.succeed(pipe)
  })

/** `takePipe` for both streams of `command`: two pipes or none. */
export const takePipes = (command: string): Effect.Effect<readonly [Pipe, Pipe], ExecNotStarted> =>
  Effect.flatMap(takePipe(command), (pipe) =>
    takePipe(command).pipe(
      Effect.map((other) => [pipe, other] as const),
      Effect.tapError(() => Effect.sync(() => spare.push(pipe)))
    )
  )

import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as net from "node:net"
import type { ExecNotStarted } from "./Exec.ts"
import type { Output } from "./output.ts"
import { takePipes, type Pipe } from "./pipes.ts"

const BLOCK = 64 * 1024
/** Most commands print less. Node has room for such a block without asking for memory. */
const FIRST_BLOCK = 2 * 1024
/** The most that a pipe of an ordinary user can hold. A background process may fill it again while we read. */
const PIPE_CAPACITY = 1024 * 1024

/** Keeps the first `limit` bytes, in blocks: a command that writes single bytes needs no more memory than another. */
const makeKeeper = (limit: number) => {
  const blocks: Array<Buffer> = []
  let size = 0
  /** In the last block. */
  let free = 0
  /** Returns whether everything was kept. */
  const keep = (chunk: Buffer): boolean => {
    const fits = Math.min(chunk.length, limit - size)
    for (let from = 0; from < fits;) {
      const block = free === 0 ? undefined : blocks.at(-1)
      const target = block ?? Buffer.allocUnsafe(blocks.length === 0 ? FIRST_BLOCK : BLOCK)
      if (block === undefined) {
        blocks.push(target)
        free = target.length
      }
      const copied = chunk.copy(target, target.length - free, from, fits)
      from += copied
      size += copied
      free -= copied
    }
    return fits === chunk.length
  }
  return { keep, text: () => Buffer.concat(blocks, size).toString("utf8") }
}

/** For every `drain`: it ends before another begins, and what it reads is copied. */
const shared = Buffer.allocUnsafe(BLOCK)

/**
 * One stream through a pipe. Reads up to `limit` bytes, and then closes the pipe, so that a command that writes on gets SIGPIPE.
 */
const makeStream = ({ reader, writer }: Pipe, limit: number, onExceeded: () => void) => {
  const { keep, text } = makeKeeper(limit)
  const socket = new net.Socket({ fd: reader, readable: true, writable: false })
  let isExceeded = false
  const take = (chunk: Buffer) => {
    if (keep(chunk)) return
    socket.destroy()
    isExceeded = true
    onExceeded()
  }
  socket.on("data", take)
  // What cannot be read counts as the end of the stream.
  socket.on("error", () => socket.destroy())
  let isOurs = true
  const handOver = () => {
    if (isOurs) fs.closeSync(writer)
    isOurs = false
  }
  /** Reads what is in the pipe now. Returns whether the stream held more than the limit. */
  const drain = (): boolean => {
    try {
      for (let total = 0; !socket.destroyed && total < PIPE_CAPACITY;) {
        const read = fs.readSync(reader, shared, 0, BLOCK, null)
        if (read === 0) break
        total += read
        take(shared.subarray(0, read))
      }
    } catch {
      // EAGAIN: the pipe is empty, and another process has it open.
    }
    socket.destroy()
    return isExceeded
  }
  const close = () => {
    handOver()
    socket.destroy()
  }
  return { writer, handOver, drain, text, close }
}

/**
 * Output through pipes, for a command that leaves nothing behind. We read at most `limit` bytes of each stream, and call `onExceeded`
 * when there are more. When our program ends, or has read what was written before the command's exit, a process that still writes
 * gets SIGPIPE.
 */
export const pipedOutput = (
  command: string,
  limit: number,
  onExceeded: () => void
): Effect.Effect<Output, ExecNotStarted, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(takePipes(command), ([one, other]) => ({
      stdout: makeStream(one, limit, onExceeded),
      stderr: makeStream(other, limit, onExceeded)
    })),
    ({ stderr, stdout }) => Effect.sync(() => (stdout.close(), stderr.close()))
  ).pipe(
    Effect.map(({ stderr, stdout }) => ({
      stdout: stdout.writer,
      stderr: stderr.writer,
      handedOver: Effect.sync(() => (stdout.handOver(), stderr.handOver())),
      complete: Effect.sync(() => [stdout.drain(), stderr.drain()].includes(true)),
      text: Effect.sync(() => ({ stdout: stdout.text(), stderr: stderr.text() }))
    }))
  )

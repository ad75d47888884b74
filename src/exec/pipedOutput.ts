import { Deferred, Effect, FiberId, type Scope } from "effect"
import * as fs from "node:fs"
import * as net from "node:net"
import type { ExecNotStarted } from "./Exec.ts"
import type { Output } from "./output.ts"
import { takePipe } from "./pipes.ts"

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

/** Reads one stream up to `limit` bytes. Then it closes the pipe, so that a command that writes on gets SIGPIPE. */
const makeReader = (reader: number, limit: number, exceeded: Deferred.Deferred<void>) => {
  const { keep, text } = makeKeeper(limit)
  const socket = new net.Socket({ fd: reader, readable: true, writable: false })
  const take = (chunk: Buffer) => {
    if (keep(chunk)) return
    socket.destroy()
    Deferred.unsafeDone(exceeded, Effect.void)
  }
  socket.on("data", take)
  // What cannot be read counts as the end of the stream.
  socket.on("error", () => socket.destroy())
  /** Reads what is in the pipe now. */
  const drain = () => {
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
  }
  return { drain, text, close: () => socket.destroy() }
}

const stream = (command: string, limit: number, exceeded: Deferred.Deferred<void>) =>
  Effect.acquireRelease(
    Effect.map(takePipe(command), ({ reader, writer }) => {
      let isOpen = true
      const handedOver = () => {
        if (isOpen) fs.closeSync(writer)
        isOpen = false
      }
      return { writer, handedOver, ...makeReader(reader, limit, exceeded) }
    }),
    ({ close, handedOver }) => Effect.sync(() => (handedOver(), close()))
  )

/**
 * Output through pipes, for a command that leaves nothing behind. We read at most `limit` bytes of each stream. When our
 * program ends, or has read what was written before the command's exit, a process that still writes gets SIGPIPE.
 */
export const pipedOutput = (command: string, limit: number): Effect.Effect<Output, ExecNotStarted, Scope.Scope> =>
  Effect.gen(function* () {
    const exceeded = Deferred.unsafeMake<void>(FiberId.none)
    const stdout = yield* stream(command, limit, exceeded)
    const stderr = yield* stream(command, limit, exceeded)
    return {
      stdout: stdout.writer,
      stderr: stderr.writer,
      handedOver: Effect.sync(() => (stdout.handedOver(), stderr.handedOver())),
      exceeded: Deferred.await(exceeded),
      complete: Effect.sync(() => (stdout.drain(), stderr.drain())).pipe(Effect.zipRight(Deferred.isDone(exceeded))),
      text: Effect.sync(() => ({ stdout: stdout.text(), stderr: stderr.text() }))
    }
  })

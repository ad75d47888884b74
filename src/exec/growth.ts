import type { FileHandle } from "node:fs/promises"

/** What was appended to one file and is carried over into another. */
export interface Growth {
  readonly from: FileHandle
  /** Open for appending. */
  readonly to: FileHandle
  /** The bytes of `from` that need not be carried over any more. */
  carried: Buffer
  /** The bytes of `to` that we wrote. */
  written: number
}

const NEWLINE = 0x0a
const BRACE = 0x7b

const PIECE = 1 << 19

/** Whether the file has this content. Reads piece by piece: to read a large file into new memory takes eight times as long. */
const hasContent = async (handle: FileHandle, content: Buffer): Promise<boolean> => {
  if ((await handle.stat()).size !== content.length) return false
  const piece = Buffer.allocUnsafe(Math.min(PIECE, content.length + 1))
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length, position)
    // The file may have grown meanwhile, so only its end says that there is no more.
    if (bytesRead === 0) return position === content.length
    if (!piece.subarray(0, bytesRead).equals(content.subarray(position, position + bytesRead))) return false
    position += bytesRead
  }
}

/** The whole content, whatever was read of the handle before. It is one of `known` itself if each byte is the same. */
export const contentOf = async (handle: FileHandle, known: ReadonlyArray<Buffer> = []): Promise<Buffer> => {
  for (const content of known) if (await hasContent(handle, content)) return content
  const chunks: Array<Buffer> = []
  // Nearly always the whole file at once: it may be a tracker of 50 MB.
  let room = (await handle.stat()).size + 1
  for (let position = 0; ; room = 1 << 16) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(room), 0, room, position)
    const [first, ...others] = chunks
    if (bytesRead === 0) return others.length === 0 ? (first ?? Buffer.alloc(0)) : Buffer.concat(chunks)
    chunks.push(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Whether a record was appended to a complete line without a newline, so that both together would be unreadable. */
const lacksNewline = (before: Buffer, tail: Buffer): boolean =>
  tail[0] === BRACE &&
  before.length > 0 &&
  before.at(-1) !== NEWLINE &&
  isJson(before.subarray(before.lastIndexOf(NEWLINE) + 1).toString())

/**
 * Appends to `to` what was appended to `from` since the last call: complete lines only, unless `all`, because another program
 * may append to `to` meanwhile. `rewritten`: the earlier bytes of `from` are no longer there; nothing was carried over.
 */
export const carry = async (growth: Growth, all: boolean): Promise<"same" | "grown" | "rewritten"> => {
  const { carried } = growth
  if (await hasContent(growth.from, carried)) return "same"
  const now = await contentOf(growth.from)
  if (now.length < carried.length || !now.subarray(0, carried.length).equals(carried)) return "rewritten"
  if (now.length === carried.length) return "same"
  const end = all ? now.length : Math.max(carried.length, now.lastIndexOf(NEWLINE) + 1)
  const tail = now.subarray(carried.length, end)
  const bytes = lacksNewline(carried, tail) ? Buffer.concat([Buffer.of(NEWLINE), tail]) : tail
  await growth.to.appendFile(bytes)
  growth.carried = now.subarray(0, end)
  growth.written += bytes.length
  return "grown"
}

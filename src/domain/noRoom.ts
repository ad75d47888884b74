import { excerpt } from "./Text.ts"

const NO_ROOM =
  /\b(?:ENOSPC|EDQUOT|EROFS|ENOMEM|EMFILE|ENFILE)\b|no space left|quota exceeded|read-only file system|cannot allocate memory|too many open files/i

/**
 * Whether a tool's or the system's message says that the host lacks room: its disk is full or read-only, or memory or file
 * handles are used up. Every bug would meet that, so one message is enough to blame the host.
 *
 * @example
 * saysNoRoom("ENOSPC: no space left on device, mkdir '/tmp/agents'") // true
 */
export const saysNoRoom = (text: string): boolean => NO_ROOM.test(excerpt(text))

import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "../exec/FileSystem.ts"
import { Effect, Either, Layer } from "effect"
import { oneLine } from "../domain/Text.ts"
import { reasonOf } from "../exec/causes.ts"
import { ownTemplate, PromptTemplate } from "./template.ts"
import { invalid, MAX_SIZE, readText } from "./templateText.ts"

const whyUnread = (error: PlatformError): string =>
  error._tag === "SystemError" && error.reason === "NotFound"
    ? "there is no such file"
    : `the file cannot be read: ${oneLine(reasonOf(error))}`

/** At most one byte more than a template may have. */
const contentOf = Effect.fnUntraced(function* (file: string) {
  const files = yield* FileSystem.FileSystem
  // Opening a pipe would wait for its writer.
  const { type } = yield* files.stat(file)
  if (type !== "File") return yield* invalid(file, "this is no regular file")
  const { firstBytes } = yield* Effect.promise(() => import("./firstBytes.ts"))
  return yield* firstBytes(file, MAX_SIZE + 1)
})

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Reads the template in this file, of UTF-8 text. Fails with `TemplateInvalid`: what is wrong with the file, or every problem of its text.
 *
 * @example
 * const template = yield* readTemplate("/src/shop/fix.md")
 */
export const readTemplate = Effect.fn("readTemplate")(function* (file: string) {
  const bytes = yield* Effect.catchTag(contentOf(file), "SystemError", "BadArgument", (error) =>
    Effect.fail(invalid(file, whyUnread(error)))
  )
  if (bytes.length > MAX_SIZE) return yield* invalid(file, `the file has more than ${MAX_SIZE / 1024} KiB`)
  const text = textOf(bytes)
  if (text === undefined) return yield* invalid(file, "the file is not UTF-8 text")
  return yield* readText(text, file, "file")
})

/** The template in this file; `undefined`: our own. Read once, when the layer is built. */
export const layer = (file: string | undefined): Layer.Layer<PromptTemplate, never, FileSystem.FileSystem> =>
  Layer.effect(
    PromptTemplate,
    file === undefined ? Effect.succeed(Either.right(ownTemplate)) : Effect.either(readTemplate(file))
  )

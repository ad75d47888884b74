import type * as Platform from "@effect/platform/FileSystem"
import { Context } from "effect"

export type FileSystem = Platform.FileSystem

/**
 * The same service as that of `@effect/platform/FileSystem`, because it has the same key. That module loads effect's streams, which
 * takes a tenth of an import of the library. What the library loads at once uses this one.
 */
export const FileSystem = Context.GenericTag<Platform.FileSystem>("@effect/platform/FileSystem")

import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Duration, Effect, Layer } from "effect"
import { Exec } from "../../exec/Exec.ts"
import { BeadsCli, type Beads } from "../BeadsCli.ts"
import { makeClose, makeComment, makeLabel, makeUnlabel } from "./annotate.ts"
import { makeBdProcess, type BdOptions } from "./call.ts"
import { askVersion } from "./capabilities.ts"
import { makeCapabilityCache } from "./capabilityCache.ts"
import { makeBdChanges } from "./change.ts"
import { makeClaim } from "./claim.ts"
import { makeExportCheck } from "./exportCheck.ts"
import { makeBdCall } from "./guardedCall.ts"
import { makeHeartbeat } from "./heartbeat.ts"
import { makeListRecords } from "./listRecords.ts"
import { makeOpenBugs } from "./openBugs.ts"
import { makeClaimsOf, makeShowRecord, makeShowRow } from "./reads.ts"
import { makeRelease } from "./release.ts"
import { makeShowComments } from "./showComments.ts"

/** How the layer calls bd, and how long it waits for a change to show. */
export interface BdBeadsOptions extends BdOptions {
  /**
   * The pause before a claim is read again: once if bd's claim is not atomic; one, two and four times this long while
   * the claim does not show. Default 300 milliseconds.
   */
  readonly settleDelay?: Duration.DurationInput
  /**
   * The consent to let a newer bd migrate the database, after which older ones refuse it; the absolute path of the file that
   * gets the migration's output. Default: bd never migrates.
   */
  readonly migrationLog?: string
  /** The absolute path of the file that keeps bd's capabilities for later processes. Its directory is not created. */
  readonly capabilityFile?: string
  /** False: that file is only read. Default: true. */
  readonly keepsCapabilities?: boolean
}

export const layer = (
  options: BdBeadsOptions
): Layer.Layer<BeadsCli, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    BeadsCli,
    Effect.gen(function* () {
      const exec = yield* Exec
      const bd = yield* makeBdCall(yield* makeBdProcess(options), options.command, options.migrationLog)
      const cache = yield* makeCapabilityCache(bd, options.command, options.capabilityFile, options.keepsCapabilities)
      const checkExport = yield* makeExportCheck(bd)
      const showRecord = makeShowRecord(bd, checkExport)
      const listRecords = makeListRecords(bd, showRecord)
      const showRow = makeShowRow(showRecord)
      const showWithComments = makeShowRow(makeShowComments(bd, showRecord, cache))
      const show: Beads["show"] = (id, include) =>
        Effect.map(include === undefined ? showRow(id) : showWithComments(id), (row) => row?.issue)
      const changes = makeBdChanges(bd, show, cache, Duration.decode(options.settleDelay ?? "300 millis"))

      const version = Effect.gen(function* () {
        const { version } = yield* cache.capabilities
        const numbers = version ?? (yield* askVersion(bd)).join(".")
        return `bd ${numbers} (${(yield* exec.which(options.command)) ?? options.command})`
      })

      return {
        version: Effect.withSpan(version, "BeadsCli.version"),
        leases: Effect.map(cache.capabilities, ({ leases }) => leases).pipe(Effect.withSpan("BeadsCli.leases")),
        show,
        openBugs: makeOpenBugs(bd, listRecords, showRow, checkExport),
        claimsOf: makeClaimsOf(listRecords),
        claim: makeClaim(changes),
        release: makeRelease(changes),
        heartbeat: makeHeartbeat(changes),
        label: makeLabel(bd, show),
        unlabel: makeUnlabel(bd, show),
        close: makeClose(bd, show),
        comment: yield* makeComment(bd, show)
      }
    })
  )

import type { JournalCopy } from "../../domain/JournalCopy.ts"

const HEADS: Readonly<Record<JournalCopy["result"], string>> = {
  copied: "copied the journal",
  counted: "would copy the journal",
  already: "the database has this journal already: nothing was copied"
}

/** What was copied from where to where, how many records of each kind, and what to do next. */
export const renderJournalCopy = ({ from, next, records, result, to }: JournalCopy): string => {
  const kinds = Object.entries(records).filter(([, count]) => count > 0)
  const width = Math.max(0, ...kinds.map(([, count]) => String(count).length))
  return [
    HEADS[result],
    `  from SQLite    ${from}`,
    `  to   Postgres  ${to}`,
    ...(kinds.length === 0 ? ["  no records yet"] : []),
    ...kinds.map(([kind, count]) => `  ${String(count).padStart(width)} ${kind.replaceAll("_", " ")}`),
    ...next
  ].join("\n")
}

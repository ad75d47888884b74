/** What may stand in a shell word as it is. */
const isPlain = (word: string): boolean => /^[\w@%+=:,./-]+$/.test(word)

/**
 * A word as a person can paste it into a shell.
 *
 * @example
 * shellWord("it's") // 'it'\\''s'
 */
export const shellWord = (word: string): string => (isPlain(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

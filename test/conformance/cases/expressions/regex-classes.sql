-- What Java's patterns have and JavaScript's have not: quantified \p{..}, nested and intersected classes, possessive signs, \Q..\E, ends of lines.
SELECT
  id,
  REGEXP_REPLACE(s, '\p{L}+', '_') AS letters,
  REGEXP_EXTRACT_ALL(s, '\p{Lu}\p{L}*', 0) AS words,
  REGEXP_EXTRACT(s, '[[:alpha:]]+') AS nested,
  REGEXP_COUNT(s, '[a-z&&[^l-p]]') AS cut,
  REGEXP_SUBSTR(s, '[^a-z&&[a]]') AS negated,
  REGEXP_INSTR(s, 'p++h') AS possessive,
  REGEXP(s, '\Qlp\Eh') AS quoted,
  REGEXP_REPLACE('a.b-c_d"e', '[\.\-\_\"]', ' ') AS escaped,
  REGEXP('line' || CHR(10), 'line$') AS line_end,
  REGEXP('a' || CHR(160), '\s') AS space,
  REGEXP(s, '(') AS invalid,
  REGEXP_EXTRACT(s, '\bz?e\b|\b漢字\b') AS bounded
FROM t;

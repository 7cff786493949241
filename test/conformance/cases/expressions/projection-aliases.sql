SELECT id AS `a b`, id + 1 AS `select`, t.s, tt.i FROM t AS tt, (SELECT s, id AS k FROM t) AS t WHERE tt.id = k AND tt.id = 1;

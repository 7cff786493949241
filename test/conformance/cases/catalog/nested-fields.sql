SELECT a, t.n.u AS u, n.v || '?' AS v, c[1] AS first_, CARDINALITY(c) AS size_ FROM t;

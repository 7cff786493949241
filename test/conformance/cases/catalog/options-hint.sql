SELECT a FROM t /*+ OPTIONS('json.fail-on-missing-field' = 'false') */;

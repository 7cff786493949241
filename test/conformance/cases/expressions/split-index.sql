SELECT SPLIT_INDEX('a,b,,d', ',', 1) AS a, SPLIT_INDEX('a,b,,d', ',', 2) AS b, SPLIT_INDEX('a,b', ',', 5) AS c, STR_TO_MAP('k=v,x=y') AS m;

SELECT a t;

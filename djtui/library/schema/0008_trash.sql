-- Where files lie that were moved to the trash: asked for at every scan, and few among many steps.
CREATE INDEX file_step_trash ON file_step (target) WHERE kind = 'trash' AND state IN ('meant', 'done');

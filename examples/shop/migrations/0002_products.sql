INSERT INTO products (sku, name, description, price_cents, stock) VALUES
  ('lamp-brass',   'Brass desk lamp',     'Solid brass, a linen cord and a warm, dimmable bulb.',         8900, 24),
  ('mug-stone',    'Stoneware mug',       'Thrown by hand, glazed outside, 0.3 l. No two are alike.',     1950, 120),
  ('notebook-a5',  'Notebook A5',         '160 dotted pages of 100 g paper that lie flat when open.',     1450, 300),
  ('pen-fountain', 'Fountain pen',        'A steel nib of medium width, refillable, with a converter.',   4200, 60),
  ('throw-wool',   'Lambswool throw',     'Woven in Ireland from undyed wool, 130 by 180 cm.',           11900, 15),
  ('tray-oak',     'Oak tray',            'One piece of oiled oak with rounded handles, 40 by 28 cm.',    5400, 32),
  ('clock-wall',   'Wall clock',          'A silent movement behind domed glass, 25 cm across.',          6900, 3),
  ('print-harbour','Print: the harbour',  'A linocut in an edition of 50, signed, without a frame.',     14500, 1);

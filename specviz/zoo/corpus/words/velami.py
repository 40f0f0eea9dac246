"""The stems of Velami, one for each English word, grouped by kind: data alone. An underscore stands for a space."""

from __future__ import annotations


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


STEMS: dict[str, dict[str, str]] = {
    "small": _pairs("""
        not sa  question tu  please na  can vo  must ni  and ku  but ko  while re  of ti  in ze  on le  at ri  near si  behind se
        under za  with li  without la  for pu  to zo  from ne  i va  you nu  he vi  she ra  we de  they ve  who masape  what vonto
        where kuta  when mate  why pinta
    """),
    "numbers": _pairs("""
        two dulai  three punai  four rasai  five vepai  six kanai  seven pivai  eight mai  nine zinai  ten zalai  eleven ruvai
        twelve pezai  twenty dovai  fifty rikai  hundred milai
    """),
    "verbs": _pairs("""
        be tor  see desel  find narun  carry suzum  lose sinel  hide pumar  buy sopem  sell luper  bring pimin  take mesum  hold nokot
        keep sumel  make selom  break numur  mend pom  paint lenot  draw pinim  wash dur  open tedum  close dasil  eat suvin  bake kolur
        taste nenil  drop rol  throw vizum  catch talum  count nerim  choose sorar  want sot  need vikim  like pomol  love komun
        know pazul  meet tidur  help rizol  follow zedur  call tokim  visit zuner  thank lun  greet memol  teach lorim  feed tekot
        chase dakar  wake lemel  hug vulil  trust diter  admire kivil  forget vakur  remember puzim  push darul  pull notel  build pudur
        sweep kem  leave mazel  reach zinet  watch lemir  hear petut  play lapul  borrow devum  give rukot  send zin  show tupon
        offer zanat  plant nepom  pick varam  peel lovar  wear nunit  study rikir  write nukol  share pil  polish mivon  sew tivit
        lift tulom  protect sulun  measure donen  fill neron  cross rolat  climb zutan  sing rokal  dance kodul  sleep vukin  run tamol
        walk tepim  swim nadem  jump dim  laugh tunir  smile minir  wait vozor  work lekat  rest ninen  sit lizil  stand mopar
        arrive pumul  travel seram  hurry vedin  listen denem  whisper kopor  shout dal  yawn rilem  snore ruvum  dream nokam  think pivom
        fly tazen  fall ziron  shine rimet  live kaden  stay ripom  wander lilal  cheer modum  sneeze vater  grow puvil  win natum
        float likol  roll divun  disappear zezan
    """),
    "colours": _pairs("""
        red pevu  blue vilvu  green zaldu  yellow nolmu  white zonku  black parku  brown punu  grey nerdu  pink zortu  purple denvu
        orange zemu  golden niltu  silver vapu
    """),
    "qualities": _pairs("""
        big nuvu  small rurvu  old daltu  new dermu  long nipu  short muzu  tall zisu  round supu  heavy doru  soft volu  young lanku
        strong teru  rich tazu  clever korvu  kind rirdu  happy ditu  sad moldu  hungry lusu  tired nodu  brave vardu  lazy netu
        proud durku  busy kasu  funny tinmu  famous tulu  polite miru  quiet rartu  loud vervu  quick kanmu  slow turtu  gentle lilu
        careful kentu  patient sendu  calm murdu  cheerful mulvu  sleepy mosu  curious sinu  lucky ronu  strange namu  beautiful selvu
        clean lonmu  dirty medu  wet zolvu  dark soku  warm sertu  cold kinvu  sweet ninku  bitter lalmu  fresh kotu  empty zirku
        precious lenu  tiny kepu
    """),
    "animals": _pairs("""
        fox koluma  bear relto  rabbit denke  owl pave  mouse sasita  hedgehog zadaka  badger zulto  otter ripamo  squirrel tirko
        deer perulo  wolf lanva  crow terta  duck laka  goose nava  cat temo  dog mupa  pony lovo  donkey kinko  goat dide  sheep nove
        frog zorito  turtle mulko  heron vulve  sparrow rilvo  robin nipaze  mole zunke  beaver vaza  lynx nenizo  stork darte  swan dazo
        fish kulka  butterfly mirmo  bee vita  dragon korme
    """),
    "things": _pairs("""
        kite retate  lamp para  basket lovosa  scarf vavo  drum ponda  key zude  map sede  bell diramo  ball tipa  boat mumepe  book malke
        box pudako  brush tone  bucket vunka  button kure  candle nalta  chair vapaso  clock zoldo  coat nola  comb zarmo  cup rida
        doll mese  flute rosa  glove nume  hammer sanko  hat rite  jar vipe  kettle pilke  ladder monvo  letter mirka  mirror komepa
        needle dokora  net sukoro  pan tisiko  pencil lalule  pillow kelde  pipe rinve  plate zonme  puzzle voze  quilt petodo
        ribbon lirke  ring turde  rope mozo  sack kenina  saddle malvo  shell dosoro  shovel lizo  spoon nurke  stone kize  stool runto
        ticket marko  towel porte  trumpet daldo  umbrella rarva  vase murme  violin zinka  wagon lolka  whistle zinvo  wheel kamusa
        door sova  window zuna  table kudoda  song nolere  poem luro  story kurvo  flower pire  leaf kerko  barrel nunda  sail tozune
    """),
    "foods": _pairs("""
        apple vulo  pear lapope  plum taso  cherry revupa  peach rerve  lemon karve  melon seroso  carrot lerma  potato kada  onion pamo
        bean telka  pea dunko  pumpkin rilava  cabbage zovize  turnip melva  mushroom danvo  bread nomo  cake davito  pie lazese
        soup misano  cheese tunupo  butter sivode  honey kenvo  jam tanodo  egg sime  nut tedaso  rice pivako  noodle devo  biscuit sape
        muffin rare
    """),
    "places": _pairs("""
        garden zipo  kitchen lunevo  attic dorde  cellar lalo  barn varme  mill visuta  bridge mozame  river lepiro  lake ranke
        forest dodeta  meadow senve  hill zepere  market sula  harbour luldo  station zumate  school ralde  library viso  bakery seraza
        tower mizuzo  chapel miza  well kuso  orchard sarka  cave napasa  beach zarera  island tanma  village rinodo  castle modoka
        farm minme  museum kale  theatre lise  workshop zerme  stable mota  square nirte  park zeso  tunnel lemoka  lighthouse mala
        house doke  mountain dolve  sea kante  road kopoma
    """),
    "jobs": _pairs("""
        baker milve  farmer tidote  miller selta  tailor peko  sailor ruze  teacher zezave  doctor tinte  painter vunde  potter norka
        weaver rosive  fisher duve  gardener zilva  carpenter merke  smith lole  singer zanve  writer zelko  cook tuko  driver nere
        guard mesare  judge dulva  librarian nunmo  mason puzo  nurse zakiro  pilot zalte  postman delme  shepherd vorko  student zene
        cobbler ninto  clockmaker zento  beekeeper ropure  king vermo  queen korto  pirate zurdo  wizard nodale  giant suto  ghost zora
    """),
    "kin": _pairs("""
        child taseve  woman nivo  man pordo  friend lira  mother ridina  father kimero  sister lidona  brother notuno  neighbour pito
    """),
    "sky": _pairs("""
        sun tepe  moon dusupe  star pevero  cloud romuno  wind kelo  rain molte  tree veme
    """),
    "times": _pairs("""
        today mirmes  yesterday nimes  tomorrow pekes  now lidas  soon donos  often narmes  always vurdis  sometimes keldos  early dolvos
        late sarus  again kenos  at_night teles  in_the_morning nonvis  in_the_evening nuldos  in_winter mipus  in_summer rervos
        in_spring simos  in_autumn lartes  every_day lankos
    """),
}

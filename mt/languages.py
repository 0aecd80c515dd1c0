"""Language codes: ours (ISO 639-1, where there is one), and those that model families use."""

import re

_CODE = re.compile(r"[a-z]{2,3}([-_][a-z0-9]{2,8})*", re.ASCII | re.IGNORECASE)

# FLORES-200 codes (NLLB); the part before the underscore is ISO 639-3, as multilingual OPUS-MT uses it.
_FLORES = """
af afr_Latn  am amh_Ethi  ar arb_Arab  as asm_Beng  ast ast_Latn  az azj_Latn  ba bak_Cyrl  be bel_Cyrl
bg bul_Cyrl  bn ben_Beng  bo bod_Tibt  bs bos_Latn  ca cat_Latn  ceb ceb_Latn  cs ces_Latn  cy cym_Latn
da dan_Latn  de deu_Latn  el ell_Grek  en eng_Latn  eo epo_Latn  es spa_Latn  et est_Latn  eu eus_Latn
fa pes_Arab  ff fuv_Latn  fi fin_Latn  fo fao_Latn  fr fra_Latn  ga gle_Latn  gd gla_Latn  gl glg_Latn
gn grn_Latn  gu guj_Gujr  ha hau_Latn  he heb_Hebr  hi hin_Deva  hr hrv_Latn  ht hat_Latn  hu hun_Latn
hy hye_Armn  id ind_Latn  ig ibo_Latn  ilo ilo_Latn  is isl_Latn  it ita_Latn  ja jpn_Jpan  jv jav_Latn
ka kat_Geor  kk kaz_Cyrl  km khm_Khmr  kn kan_Knda  ko kor_Hang  ku kmr_Latn  ky kir_Cyrl  lb ltz_Latn
lg lug_Latn  ln lin_Latn  lo lao_Laoo  lt lit_Latn  lv lvs_Latn  mg plt_Latn  mi mri_Latn  mk mkd_Cyrl
ml mal_Mlym  mn khk_Cyrl  mr mar_Deva  ms zsm_Latn  mt mlt_Latn  my mya_Mymr  ne npi_Deva  nl nld_Latn
nn nno_Latn  no nob_Latn  ny nya_Latn  oc oci_Latn  om gaz_Latn  or ory_Orya  pa pan_Guru  pl pol_Latn
ps pbt_Arab  pt por_Latn  ro ron_Latn  ru rus_Cyrl  rw kin_Latn  sa san_Deva  sd snd_Arab  si sin_Sinh
sk slk_Latn  sl slv_Latn  sm smo_Latn  sn sna_Latn  so som_Latn  sq als_Latn  sr srp_Cyrl  su sun_Latn
sv swe_Latn  sw swh_Latn  ta tam_Taml  te tel_Telu  tg tgk_Cyrl  th tha_Thai  ti tir_Ethi  tk tuk_Latn
tl tgl_Latn  tr tur_Latn  tt tat_Cyrl  ug uig_Arab  uk ukr_Cyrl  ur urd_Arab  uz uzn_Latn  vi vie_Latn
wo wol_Latn  xh xho_Latn  yi ydd_Hebr  yo yor_Latn  yue yue_Hant  zh zho_Hans  zu zul_Latn
""".split()

FLORES = dict(zip(_FLORES[::2], _FLORES[1::2], strict=True))
"""Our code → FLORES-200 code."""

# Macrolanguages, and members of them, that OPUS-MT names; and what browsers and Whisper call languages.
_FROM_ISO3 = {flores.split("_")[0]: code for code, flores in FLORES.items()} | {
    **{"ara": "ar", "aze": "az", "cmn": "zh", "est": "et", "fas": "fa", "kur": "ku", "lav": "lv"},
    **{
        "mlg": "mg",
        "mon": "mn",
        "msa": "ms",
        "nep": "ne",
        "nor": "no",
        "sqi": "sq",
        "swa": "sw",
        "uzb": "uz",
    },
    **{"jw": "jv", "nb": "no"},
}


def normalized(code: str) -> str:
    """Bring a code to the one used here: `zh-CN`, `ZH_hans`, `zho` and `cmn_Hans` are `zh`."""
    base = code.strip().lower().replace("_", "-").split("-")[0]
    return _FROM_ISO3.get(base, base)


def is_code(text: str) -> bool:
    """Tell whether a text has the form of a code, as `en`, `zh-CN` and `cmn_Hans` have."""
    return _CODE.fullmatch(text) is not None


def known(code: str) -> bool:
    """Whether this is a code of a language, not any few letters."""
    return normalized(code) in FLORES

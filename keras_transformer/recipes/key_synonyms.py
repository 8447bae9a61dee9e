"""Names of recipe keys in other toolkits."""

# Names by key "section.key". They are compared without `-` and `_`.
_SYNONYMS = {
    "data.train_source": "train_src src_train source train_input input_file",
    "data.train_target": "train_tgt tgt_train target train_output",
    "data.train_pairs": "train_tsv tsv train_file train",
    "data.validation_source": "valid_source validation_src valid_src val_source dev_source eval_source",
    "data.validation_target": "valid_target validation_tgt valid_tgt val_target dev_target eval_target",
    "data.validation_pairs": "valid_pairs val_pairs dev_pairs validation_tsv valid dev",
    "data.weights": "weight train_weights corpus_weights dataset_weights sampling_weights mixing_weights ratios "
    "train_files_weights oversampling upsample",
    "data.held_out": "validation_split valid_split test_split split holdout",
    "data.lowercase": "lower do_lower_case uncased",
    "data.max_length": "max_len max_seq_length max_sequence_length sequence_length seq_len max_source_length "
    "max_target_length max_sentence_length max_tokens_per_sentence model_max_length maximum_features_length",
    "vocabulary.size": "vocab_size vocabulary_size n_vocab num_tokens merges bpe_merges num_merges",
    "vocabulary.model_type": "vocab_type tokenizer tokenizer_type subword subword_type",
    "vocabulary.shared": "joint joined_dictionary joint_vocabulary shared_vocabulary share_vocab shared_vocab",
    "vocabulary.sampling": "bpe_dropout subword_regularization subword_regularisation alpha spm_alpha",
    "vocabulary.file": "vocab_file vocab vocabulary_file tokenizer_file spm_model sentencepiece_model",
    "model.preset": "size arch architecture model_type config",
    "model.hidden_dim": "d_model dmodel hidden_size model_dim embed_dim embedding_dim embedding_size num_units dim "
    "width emb_size hidden_dimension",
    "model.intermediate_dim": "d_ff dff ffn_dim ffn_inner_dim feed_forward_dim filter_size intermediate_size "
    "ffn_embed_dim transformer_ff feedforward_dim",
    "model.num_heads": "heads n_heads nhead attention_heads num_attention_heads n_head",
    "model.num_encoder_layers": "layers num_layers n_layers encoder_layers n_encoder_layers enc_layers depth "
    "num_hidden_layers",
    "model.num_decoder_layers": "decoder_layers n_decoder_layers dec_layers",
    "model.dropout": "dropout_rate drop_rate p_dropout hidden_dropout_prob dropout_prob residual_dropout",
    "model.normalize_first": "pre_norm prenorm norm_first layer_norm_first normalize_before pre_ln",
    "model.share_embeddings": "tie_embeddings tied_embeddings share_all_embeddings tie_word_embeddings share_embedding",
    "model.activation": "activation_function hidden_act nonlinearity",
    "training.init_from": "pretrained init_checkpoint initialize_from finetune_from finetune train_from "
    "pretrained_model load_weights init_weights from_pretrained warm_start restore_file load_model base_model",
    "training.freeze": "frozen freeze_layers frozen_layers fix_parameters fixed not_trainable",
    "training.lora_rank": "lora lora_r lora_dim",
    "training.epochs": "num_epochs n_epochs max_epochs max_epoch num_train_epochs iterations_over_data",
    "training.steps": "max_steps train_steps num_steps max_update max_updates iterations max_step total_steps n_steps",
    "training.batch_tokens": "batch_size max_tokens tokens_per_batch batch tokens",
    "training.accumulation_steps": "gradient_accumulation gradient_accumulation_steps accum_count accum accumulate "
    "grad_accum update_freq",
    "training.learning_rate": "lr rate max_lr peak_lr learningrate initial_learning_rate max_learning_rate",
    "training.warmup_steps": "warmup warm_up warmup_updates num_warmup_steps lr_warmup",
    "training.decay": "schedule scheduler lr_scheduler lr_decay lr_schedule decay_method learning_rate_schedule",
    "training.label_smoothing": "smoothing label_smooth label_smoothing_factor label_smoothing_epsilon",
    "training.weight_decay": "l2 wd adamw_decay",
    "training.clip_norm": "gradient_clip grad_clip clip max_grad_norm gradient_clipping clipnorm global_clipnorm "
    "clip_gradients gradient_clip_norm clip_grad_norm gradient_clip_val max_norm",
    "training.seed": "random_seed rng_seed random_state",
    "training.average_checkpoints": "checkpoint_averaging average_last_checkpoints averaging average num_checkpoints "
    "keep_checkpoints keep_checkpoint_max",
    "training.ema_momentum": "ema ema_decay moving_average_decay exponential_moving_average",
    "training.precision": "fp16 bf16 amp mixed_precision dtype half float16 bfloat16",
    "training.jit_compile": "xla jit compile",
    "training.loss_rows": "fused_linear_cross_entropy fused_cross_entropy loss_chunk_size chunk_size num_loss_chunks",
    "training.save_every": "save_steps save_interval checkpoint_every save_checkpoints_steps save_checkpoint_steps",
    "training.tensorboard": "logdir log_dir tensorboard_dir tensorboard_logdir",
    "data.train_alignments": "guided_alignment alignments alignment alignment_file train_alignment align",
    "training.guided_alignment_weight": "guided_alignment_cost alignment_weight lambda_align",
    "training.guided_alignment_layer": "transformer_guided_alignment_layer alignment_layer",
    "training.guided_alignment_head": "alignment_heads num_alignment_heads",
    "training.r_drop": "rdrop reg_alpha",
    "training.word_dropout": "token_dropout word_drop",
    "training.bidirectional_epochs": "bidirectional back_and_forth",
    "evaluation.every": "eval_every valid_every validate_interval eval_interval evaluate_every validate_every",
    "evaluation.every_steps": "eval_steps valid_steps evaluation_steps validation_steps",
    "evaluation.beam_size": "beam beams num_beams beam_width",
    "evaluation.patience": "early_stopping early_stop early_stopping_patience stop_patience",
    "evaluation.monitor": "metric best_metric metric_for_best_model early_stopping_metric best_checkpoint_metric",
    "evaluation.samples": "examples num_samples show_samples",
    "evaluation.at_end": "test_at_end final_evaluation",
    "minimum_risk.epochs": "mrt mrt_epochs minimum_risk_epochs",
}
_ADVICE = {
    "output": "the model folder is given by --output.",
    "resume": "--resume continues an interrupted training.",
}
_MORE_ADVICE = {
    "output": "output_dir model_dir save_dir save_model out_dir checkpoint_dir",
    "resume": "resume_from resume_from_checkpoint continue",
}


def _squeezed(name):
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


_KEYS = {_squeezed(name): key for key, names in _SYNONYMS.items() for name in names.split()}
_WORDS = {_squeezed(name): _ADVICE[key] for key, names in _MORE_ADVICE.items() for name in [key, *names.split()]}


def advice_by_meaning(name):
    """Returns the key that another toolkit calls `name`.

    Args:
        name: name of an unknown key.

    Returns:
        A pair of the section and the key, or a string of advice if there is no such key, or None if the name is
        unknown.
    """
    name = _squeezed(name)
    return tuple(_KEYS[name].split(".")) if name in _KEYS else _WORDS.get(name)

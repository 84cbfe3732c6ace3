/*
 * JavaScript and TypeScript syntax trees by tree-sitter, with the node types and fields that the analysis
 * cares about as enums. TSX parses .js, .jsx and .tsx; TypeScript parses .ts.
 */
#ifndef WARD_REVIEW_CODE_SYNTAX_H
#define WARD_REVIEW_CODE_SYNTAX_H

#include <tree_sitter/api.h>

#include "base/result.h"
#include "base/slice.h"

#define SYNTAX_TYPES(X)                                                                                      \
	X(PROGRAM, "program")                                                                                \
	X(BLOCK, "statement_block")                                                                          \
	X(IMPORT, "import_statement")                                                                        \
	X(IMPORT_CLAUSE, "import_clause")                                                                    \
	X(NAMED_IMPORTS, "named_imports")                                                                    \
	X(IMPORT_SPECIFIER, "import_specifier")                                                              \
	X(NAMESPACE_IMPORT, "namespace_import")                                                              \
	X(EXPORT, "export_statement")                                                                        \
	X(EXPORT_CLAUSE, "export_clause")                                                                    \
	X(EXPORT_SPECIFIER, "export_specifier")                                                              \
	X(LEXICAL_DECLARATION, "lexical_declaration")                                                        \
	X(VARIABLE_DECLARATION, "variable_declaration")                                                      \
	X(DECLARATOR, "variable_declarator")                                                                 \
	X(FUNCTION_DECLARATION, "function_declaration")                                                      \
	X(GENERATOR_DECLARATION, "generator_function_declaration")                                           \
	X(FUNCTION_EXPRESSION, "function_expression")                                                        \
	X(GENERATOR_FUNCTION, "generator_function")                                                          \
	X(ARROW, "arrow_function")                                                                           \
	X(METHOD, "method_definition")                                                                       \
	X(CLASS_DECLARATION, "class_declaration")                                                            \
	X(CLASS, "class")                                                                                    \
	X(ABSTRACT_CLASS, "abstract_class_declaration")                                                      \
	X(CLASS_BODY, "class_body")                                                                          \
	X(FIELD_DEFINITION, "public_field_definition")                                                       \
	X(PARAMETERS, "formal_parameters")                                                                   \
	X(REQUIRED_PARAMETER, "required_parameter")                                                          \
	X(OPTIONAL_PARAMETER, "optional_parameter")                                                          \
	X(EXPRESSION_STATEMENT, "expression_statement")                                                      \
	X(RETURN, "return_statement")                                                                        \
	X(THROW, "throw_statement")                                                                          \
	X(CONTINUE, "continue_statement")                                                                    \
	X(BREAK, "break_statement")                                                                          \
	X(IF, "if_statement")                                                                                \
	X(FOR, "for_statement")                                                                              \
	X(FOR_IN, "for_in_statement")                                                                        \
	X(CALL, "call_expression")                                                                           \
	X(NEW, "new_expression")                                                                             \
	X(ARGUMENTS, "arguments")                                                                            \
	X(MEMBER, "member_expression")                                                                       \
	X(SUBSCRIPT, "subscript_expression")                                                                 \
	X(ASSIGNMENT, "assignment_expression")                                                               \
	X(AUGMENTED_ASSIGNMENT, "augmented_assignment_expression")                                           \
	X(BINARY, "binary_expression")                                                                       \
	X(UNARY, "unary_expression")                                                                         \
	X(AWAIT, "await_expression")                                                                         \
	X(TERNARY, "ternary_expression")                                                                     \
	X(TEMPLATE, "template_string")                                                                       \
	X(TEMPLATE_SUBSTITUTION, "template_substitution")                                                    \
	X(STRING, "string")                                                                                  \
	X(NUMBER, "number")                                                                                  \
	X(REGEX, "regex")                                                                                    \
	X(TRUE, "true")                                                                                      \
	X(FALSE, "false")                                                                                    \
	X(NULL, "null")                                                                                      \
	X(UNDEFINED, "undefined")                                                                            \
	X(OBJECT, "object")                                                                                  \
	X(PAIR, "pair")                                                                                      \
	X(SHORTHAND, "shorthand_property_identifier")                                                        \
	X(ARRAY, "array")                                                                                    \
	X(SPREAD, "spread_element")                                                                          \
	X(PARENTHESIZED, "parenthesized_expression")                                                         \
	X(SEQUENCE, "sequence_expression")                                                                   \
	X(AS, "as_expression")                                                                               \
	X(NON_NULL, "non_null_expression")                                                                   \
	X(SATISFIES, "satisfies_expression")                                                                 \
	X(TYPE_ASSERTION, "type_assertion")                                                                  \
	X(IDENTIFIER, "identifier")                                                                          \
	X(PROPERTY_IDENTIFIER, "property_identifier")                                                        \
	X(THIS, "this")                                                                                      \
	X(OBJECT_PATTERN, "object_pattern")                                                                  \
	X(ARRAY_PATTERN, "array_pattern")                                                                    \
	X(ASSIGNMENT_PATTERN, "assignment_pattern")                                                          \
	X(OBJECT_ASSIGNMENT_PATTERN, "object_assignment_pattern")                                            \
	X(PAIR_PATTERN, "pair_pattern")                                                                      \
	X(SHORTHAND_PATTERN, "shorthand_property_identifier_pattern")                                        \
	X(REST_PATTERN, "rest_pattern")                                                                      \
	X(CATCH, "catch_clause")                                                                             \
	X(DECORATOR, "decorator")                                                                            \
	X(COMMENT, "comment")                                                                                \
	X(JSX_ATTRIBUTE, "jsx_attribute")                                                                    \
	X(TYPE_ANNOTATION, "type_annotation")

enum syntax {
	SYNTAX_OTHER,
#define X(name, text) SYNTAX_##name,
	SYNTAX_TYPES(X)
#undef X
	    SYNTAX_COUNT,
};

enum syntax_field {
	FIELD_NAME,
	FIELD_VALUE,
	FIELD_BODY,
	FIELD_PARAMETERS,
	FIELD_PARAMETER,
	FIELD_FUNCTION,
	FIELD_CONSTRUCTOR,
	FIELD_ARGUMENTS,
	FIELD_OBJECT,
	FIELD_PROPERTY,
	FIELD_INDEX,
	FIELD_LEFT,
	FIELD_RIGHT,
	FIELD_OPERATOR,
	FIELD_ARGUMENT,
	FIELD_CONDITION,
	FIELD_CONSEQUENCE,
	FIELD_ALTERNATIVE,
	FIELD_KEY,
	FIELD_SOURCE,
	FIELD_ALIAS,
	FIELD_DECLARATION,
	FIELD_PATTERN,
	FIELD_FLAGS,
	FIELD_COUNT,
};

struct syntax_tree {
	TSTree *tree;
	const struct grammar *grammar;
	struct slice bytes;
};

/* Is the path JavaScript or TypeScript by its name? Declaration files (.d.ts) are not: they hold no code. */
bool syntax_wants(struct slice path);

/* Parses within a time cap. ERR_LIMIT when it takes longer; bytes must outlive the tree. */
result syntax_parse(struct slice path, struct slice bytes, struct error *err, struct syntax_tree *ret_tree);
void syntax_done(struct syntax_tree *t);

enum syntax syntax_type(const struct syntax_tree *t, TSNode n);
TSNode syntax_field(const struct syntax_tree *t, TSNode n, enum syntax_field field);
struct slice syntax_text(const struct syntax_tree *t, TSNode n);
/* The content of a string literal without its quotes. */
struct slice syntax_string(const struct syntax_tree *t, TSNode n);
/* Named children, comments left out. */
TSNode syntax_child(TSNode n, uint32_t i);
uint32_t syntax_count(TSNode n);

bool syntax_is_function(enum syntax s);

#endif

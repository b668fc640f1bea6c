use std::collections::HashMap;

use proc_macro2::Span;
use syn::{Attribute, DeriveInput, Error, Item, Path, Result};

use crate::definition::contains_itself;
use crate::errors::all;
use crate::{Definition, Trait, Type};

/// A source file's calls and the types that they need.
#[derive(Debug)]
pub struct Interface {
    /// Each after what it is made of.
    pub definitions: Vec<Definition>,
    /// What Rust calls, as they stand.
    pub traits: Vec<Trait>,
    /// What Rust implements and the peer calls, as they stand.
    pub offers: Vec<Trait>,
}

impl Interface {
    /// Reads a source file. Modules in it are read too; what has no attribute of ours is passed over.
    ///
    /// # Errors
    ///
    /// All that is wrong, each at its place.
    pub fn parse(source: &str) -> Result<Interface> {
        let file = syn::parse_file(source)?;
        let mut found =
            Interface { definitions: Vec::new(), traits: Vec::new(), offers: Vec::new() };
        found.read(&file.items)?;
        if found.traits.is_empty() && found.offers.is_empty() {
            return Err(Error::new(
                Span::call_site(),
                "no trait here has `#[foreign_call::r2g]` or `#[foreign_call::g2r]`, so there is \
                 nothing to call",
            ));
        }
        found.check()?;
        found.sort()?;
        Ok(found)
    }

    fn read(&mut self, items: &[Item]) -> Result<()> {
        let mut errors = Vec::new();
        for item in items {
            let read = match item {
                Item::Trait(item) if directions(&item.attrs).nth(1).is_some() => {
                    Trait::marked_once(directions(&item.attrs).skip(1))
                }
                Item::Trait(item) if marked(&item.attrs, Trait::ATTRIBUTE) => {
                    Trait::marked_in_process(&item.attrs)
                        .and_then(|process| Trait::parse(item, process))
                        .and_then(|it| self.add(it, Direction::Called))
                }
                Item::Trait(item) if marked(&item.attrs, Trait::OFFERED) => {
                    Trait::parse_offered(item).and_then(|it| self.add(it, Direction::Offered))
                }
                Item::Struct(item) if derived(&item.attrs) => self.define(item.clone().into()),
                Item::Enum(item) if derived(&item.attrs) => self.define(item.clone().into()),
                Item::Union(item) if derived(&item.attrs) => self.define(item.clone().into()),
                Item::Mod(module) => match &module.content {
                    Some((_, items)) => self.read(items),
                    None => Ok(()),
                },
                _ => Ok(()),
            };
            errors.extend(read.err());
        }
        all(errors)
    }

    fn add(&mut self, it: Trait, direction: Direction) -> Result<()> {
        if self.all_traits().any(|other| other.name == it.name) {
            return Err(Error::new(
                it.span,
                format!("there are two traits `{}`; the peer's functions begin with it", it.name),
            ));
        }
        match direction {
            Direction::Called => self.traits.push(it),
            Direction::Offered => self.offers.push(it),
        }
        Ok(())
    }

    /// What is called in either direction.
    pub fn all_traits(&self) -> impl Iterator<Item = &Trait> {
        self.traits.iter().chain(&self.offers)
    }

    fn define(&mut self, item: DeriveInput) -> Result<()> {
        let definition = Definition::parse(&item)?;
        if self.definitions.iter().any(|other| other.name == definition.name) {
            return Err(Error::new(
                definition.span,
                format!("there are two types `{}` in this file", definition.name),
            ));
        }
        self.definitions.push(definition);
        Ok(())
    }

    /// Every name must be known.
    fn check(&self) -> Result<()> {
        let mut errors = Vec::new();
        for field in self.definitions.iter().flat_map(|definition| definition.fields()) {
            errors.extend(self.known(&field.ty, field.span).err());
        }
        for function in self.all_traits().flat_map(|it| &it.functions) {
            for argument in &function.arguments {
                errors.extend(self.known(&argument.ty, argument.span).err());
            }
            let answer = function.answer.iter();
            errors.extend(answer.filter_map(|ty| self.known(ty, function.answer_span).err()));
        }
        all(errors)
    }

    fn known(&self, ty: &Type, span: Span) -> Result<()> {
        if let Type::Named(name) = ty
            && !self.definitions.iter().any(|definition| definition.name == *name)
        {
            return Err(Error::new(
                span,
                format!(
                    "no type `{name}` with `#[derive(R2G)]` in this file (aliases are not looked \
                     through)"
                ),
            ));
        }
        ty.parts().into_iter().try_for_each(|part| self.known(part, span))
    }

    /// Puts each type after those that it is made of.
    fn sort(&mut self) -> Result<()> {
        let mut waiting: HashMap<String, Definition> = HashMap::new();
        let mut names = Vec::new();
        for definition in self.definitions.drain(..) {
            names.push(definition.name.clone());
            waiting.insert(definition.name.clone(), definition);
        }
        for name in names {
            self.place(&name, &mut waiting)?;
        }
        Ok(())
    }

    fn place(&mut self, name: &str, waiting: &mut HashMap<String, Definition>) -> Result<()> {
        let Some(definition) = waiting.remove(name) else {
            return Ok(());
        };
        for name in definition.fields().iter().flat_map(|field| field.ty.names()) {
            self.place(name, waiting)?;
        }
        // What is not placed by now waits for this one.
        let placed = |name: &&str| self.definitions.iter().any(|other| other.name == **name);
        for field in definition.fields() {
            if !field.ty.names().iter().all(placed) {
                return Err(contains_itself(name, field));
            }
        }
        self.definitions.push(definition);
        Ok(())
    }

    /// The definition of a name that is in use.
    ///
    /// # Panics
    ///
    /// If it is not: [`Interface::parse`] has refused that.
    pub fn definition(&self, name: &str) -> &Definition {
        let found = self.definitions.iter().find(|definition| definition.name == name);
        found.expect("every name was looked up when the file was read")
    }
}

/// Who calls a trait's functions.
enum Direction {
    /// Rust.
    Called,
    /// The peer.
    Offered,
}

fn last_is(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

fn marked(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| last_is(attribute.path(), name))
}

/// The attributes that make a trait one of ours.
fn directions(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    let ours = |path: &Path| last_is(path, Trait::ATTRIBUTE) || last_is(path, Trait::OFFERED);
    attributes.iter().filter(move |attribute| ours(attribute.path()))
}

impl Trait {
    /// Refuses a trait that has both directions, or one of them twice. A macro sees the attributes but
    /// for its own.
    ///
    /// # Errors
    ///
    /// At an attribute that is one too many.
    pub fn alone(others: &[Attribute]) -> Result<()> {
        Trait::marked_once(directions(others))
    }

    fn marked_once<'a>(mut others: impl Iterator<Item = &'a Attribute>) -> Result<()> {
        match others.next() {
            Some(other) => Err(Error::new_spanned(
                other,
                "one attribute says who calls a trait: `r2g` that Rust does, `g2r` that the peer \
                 does; for both make two traits",
            )),
            None => Ok(()),
        }
    }
}

fn derived(attributes: &[Attribute]) -> bool {
    let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    derives.into_iter().any(|attribute| {
        let mut found = false;
        let _ = attribute.parse_nested_meta(|meta| {
            found |= last_is(&meta.path, "R2G");
            Ok(())
        });
        found
    })
}

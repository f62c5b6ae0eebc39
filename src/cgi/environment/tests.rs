//! Tests of `cgi::environment`.

use super::*;

fn shown(environment: Environment) -> String {
    let list = environment.into_list();
    let each = list.iter().map(|(name, value)| {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        format!("{}={}", text(name), text(value))
    });
    each.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_first_value_of_a_name_stays_and_a_withheld_name_has_none() {
    let mut environment = Environment::default();
    let give = |environment: &mut Environment, name: &str, value: &str| {
        environment.give(name.into(), value.into());
    };
    give(&mut environment, "A", "1");
    give(&mut environment, "A", "2");
    environment.withhold(b"B".to_vec());
    environment.withhold(b"B".to_vec());
    environment.withhold(b"A".to_vec());
    give(&mut environment, "B", "1");
    give(&mut environment, "a", "");
    give(&mut environment, "a", "3");
    assert_eq!(environment.size(), (4, 5));
    assert_eq!(environment.get(b"A"), Some(&b"1"[..]));
    assert_eq!(environment.get(b"B"), None);
    assert_eq!(shown(environment), "A=1 a=");
}

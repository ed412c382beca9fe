namespace ActorDcp.Hosting.Configuration;

/// <summary>
/// One key under the section: how it is read from text, shown and described. The table of them (<see cref="OptionKeys"/>) is what
/// the binder, the check for typos, the redacted dump and the README's table are all made of.
/// </summary>
/// <param name="Name">Below the section, parts separated by colons.</param>
/// <param name="Description">One line for the README's table.</param>
/// <param name="Read">The value as text; null when not set.</param>
/// <param name="Apply">Sets the value from text; returns null, or what is wrong and how to mend it.</param>
internal sealed record OptionKey(
    string Name,
    string Description,
    Func<ActorDcpOptions, string?> Read,
    Func<ActorDcpOptions, string, string?> Apply)
{
    /// <summary>Shown as *** wherever options are printed.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Has no default.</summary>
    public bool IsRequired { get; init; }

    /// <summary>May also be given as children 0, 1, 2...</summary>
    public bool IsList { get; init; }

    /// <summary>The default as the README shows it.</summary>
    public string Default =>
        IsRequired ? "required" : Read(new ActorDcpOptions()) is { Length: > 0 } value ? value : "-";
}

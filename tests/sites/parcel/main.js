import "nearside/element";
